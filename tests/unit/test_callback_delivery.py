from __future__ import annotations

import socket
import time

import pytest
from qiniu import Auth

from tests.unit.scripted_server import Script, ScriptedServer, answers, hangs, says
from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.callbacks.callback_delivery import UnknownAccessKeyError, deliver
from upgate.outbound.egress import Egress
from upgate.outbound.egress_rules import EgressRules
from upgate.tokens.keys import KeyPair, KeyRing

FORM = "application/x-www-form-urlencoded"
KEYS = KeyRing((KeyPair("newest", "other"), KeyPair("testak", "testsk")))
EGRESS = Egress(EgressRules(allow_loopback=True))


def _request(
    *urls: str,
    host: str | None = None,
    body: str = "a=1",
    content_type: str = FORM,
    access_key: str = "testak",
    budget_seconds: float = 2.0,
) -> CallbackRequest:
    return CallbackRequest(
        urls=urls,
        host=host,
        body=body,
        content_type=content_type,
        delivery_id="delivery-1",
        access_key=access_key,
        budget_seconds=budget_seconds,
    )


def _deliver(script: Script, path: str = "/cb") -> CallbackOutcome:
    with ScriptedServer(script) as server:
        return deliver(_request(f"http://127.0.0.1:{server.port}{path}"), KEYS, EGRESS)


def _headers(sent: bytes) -> dict[str, str]:
    lines = sent.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
def test_callback_is_signed_so_that_the_official_sdk_accepts_it(content_type: str) -> None:
    body = '{"name":"图&1"}'
    with ScriptedServer(answers(b"{}")) as server:
        url = f"http://127.0.0.1:{server.port}/cb/%2F?x=1&y=图"
        deliver(_request(url, body=body, content_type=content_type), KEYS, EGRESS)
    line, _, _ = server.requests[0].decode().partition(" HTTP/1.1")
    sent_body = server.requests[0].partition(b"\r\n\r\n")[2].decode()
    headers = _headers(server.requests[0])
    assert sent_body == body
    assert Auth("testak", "testsk").verify_callback(
        headers["Authorization"],
        f"http://app.example.com{line.removeprefix('POST ')}",
        sent_body,
        headers["Content-Type"],
    )


def test_callback_has_exactly_the_headers_it_should() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        url = f"http://127.0.0.1:{server.port}/cb"
        deliver(_request(url, host="app.example.com"), KEYS, EGRESS)
    headers = _headers(server.requests[0])
    assert headers.pop("Authorization").startswith("QBox testak:")
    assert headers.pop("webhook-signature").startswith("v1,")
    assert abs(int(headers.pop("webhook-timestamp")) - time.time()) < 60
    assert headers == {
        "webhook-id": "delivery-1",
        "Host": "app.example.com",
        "Content-Type": FORM,
        "User-Agent": "upgate",
        "X-Upgate-Delivery": "delivery-1",
        "Content-Length": "3",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_url_without_a_path_is_signed_as_the_root_that_is_requested() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        deliver(_request(f"http://127.0.0.1:{server.port}"), KEYS, EGRESS)
    authorization = _headers(server.requests[0])["Authorization"]
    assert Auth("testak", "testsk").verify_callback(authorization, "http://a/", "a=1")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b' {"a":"\xe5\x9b\xbe"}\r\n',
        b'{"a":1,"a":1e999}',
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/html; charset=gbk"])
def test_200_with_a_json_object_is_accepted_byte_for_byte(body: bytes, content_type: str) -> None:
    outcome = _deliver(answers(body, "200 OK", f"Content-Type: {content_type}"))
    assert (outcome.accepted, outcome.body) == (True, body)
    assert [(attempt.status, attempt.error) for attempt in outcome.attempts] == [(200, "")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"success",
        b"<html>",
        b"[]",
        b'"ok"',
        b"1",
        b"true",
        b"null",
        b"{",
        b"{}{}",
        b"{} x",
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_200_with_anything_else_is_an_unexpected_answer(body: bytes) -> None:
    outcome = _deliver(answers(body, "200 OK", "Content-Type: application/json"))
    assert (outcome.accepted, outcome.body) == (False, b"")
    attempt = outcome.attempts[0]
    assert (attempt.status, attempt.error) == (200, "unexcepted response")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("201 Created", "Created"),
        ("202 x", "Accepted"),
        ("204 x", "No Content"),
        ("301 x", "Moved Permanently"),
        ("400 x", "Bad Request"),
        ("404 x", "Not Found"),
        ("413 x", "Request Entity Too Large"),
        ("422 x", "Unprocessable Entity"),
        ("502 x", "Bad Gateway"),
        ("599 x", "status 599"),
    ],
)
def test_other_status_is_a_failure_though_the_body_is_json(status: str, text: str) -> None:
    outcome = _deliver(answers(b"{}", status))
    assert not outcome.accepted
    assert (outcome.attempts[0].status, outcome.attempts[0].error) == (int(status[:3]), text)


def test_answer_at_the_limit_is_relayed_and_one_byte_more_is_not() -> None:
    body = b"{}".ljust(limits.CALLBACK_ANSWER_BYTES)
    assert _deliver(answers(body)).body == body
    outcome = _deliver(answers(body + b" "))
    assert (outcome.accepted, outcome.attempts[0].status) == (False, 0)


def test_server_that_closes_early_is_no_answer() -> None:
    attempt = _deliver(says(b"")).attempts[0]
    assert (attempt.status, attempt.error) == (0, "read: EOF")


def test_connection_refused_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    attempt = deliver(_request(f"http://127.0.0.1:{port}/"), KEYS, EGRESS).attempts[0]
    assert (attempt.status, attempt.error) == (
        0,
        f"dial tcp 127.0.0.1:{port}: connection refused",
    )


def test_address_rules_hold_for_callbacks() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", "http://user:pass@a.example/")
        outcome = deliver(request, KEYS, Egress(EgressRules()))
        assert server.connections == 0
    assert [(attempt.status, attempt.error) for attempt in outcome.attempts] == [
        (0, "host has an address that is not public"),
        (0, "URL has user information"),
    ]


def test_next_url_is_tried_after_a_failure_and_none_after_a_success() -> None:
    with (
        ScriptedServer(answers(b"{}", "500 x")) as first,
        ScriptedServer(answers(b'{"from":"second"}')) as second,
        ScriptedServer(answers(b"{}")) as third,
    ):
        urls = [f"http://127.0.0.1:{server.port}/" for server in (first, second, third)]
        outcome = deliver(_request(*urls), KEYS, EGRESS)
        assert [server.connections for server in (first, second, third)] == [1, 1, 0]
    assert (outcome.accepted, outcome.body) == (True, b'{"from":"second"}')
    assert [(attempt.url, attempt.status) for attempt in outcome.attempts] == [
        (urls[0], 500),
        (urls[1], 200),
    ]


def test_each_url_is_tried_once() -> None:
    with ScriptedServer(answers(b"{}", "500 x")) as server:
        deliver(_request(f"http://127.0.0.1:{server.port}/"), KEYS, EGRESS)
        assert server.connections == 1


def test_url_that_hangs_takes_its_share_and_leaves_the_rest() -> None:
    with ScriptedServer(hangs()) as first, ScriptedServer(answers(b"{}")) as second:
        urls = [f"http://127.0.0.1:{server.port}/" for server in (first, second)]
        outcome = deliver(_request(*urls, budget_seconds=0.6), KEYS, EGRESS)
    assert outcome.accepted
    assert outcome.attempts[0].error == "read: i/o timeout"
    assert 290 <= outcome.attempts[0].milliseconds < 560


def test_budget_holds_over_all_urls() -> None:
    with ScriptedServer(hangs()) as server:
        started_at = time.monotonic()
        # Connections wait in the backlog behind the first, which hangs until the server ends.
        urls = [f"http://127.0.0.1:{server.port}/{n}" for n in range(limits.CALLBACK_URLS)]
        outcome = deliver(_request(*urls, budget_seconds=0.3), KEYS, EGRESS)
        seconds = time.monotonic() - started_at
    assert len(outcome.attempts) == limits.CALLBACK_URLS
    assert seconds < 1.5


def test_unknown_access_key_sends_nothing() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", access_key="gone")
        with pytest.raises(UnknownAccessKeyError):
            deliver(request, KEYS, EGRESS)
        assert server.connections == 0


def test_content_type_that_would_break_out_is_a_failed_attempt() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", content_type="a\r\nX: 1")
        outcome = deliver(request, KEYS, EGRESS)
        assert (outcome.accepted, server.connections) == (False, 0)
