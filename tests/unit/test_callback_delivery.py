from __future__ import annotations

import gzip
import itertools
import socket
import time
from dataclasses import replace

import pytest
from qiniu import Auth

from tests.unit.scripted_server import Script, ScriptedServer, answers, drips, hangs, says
from upgate import encoding, limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.callbacks.callback_delivery import UnknownAccessKeyError, deliver
from upgate.outbound.egress import Egress
from upgate.outbound.egress_rules import EgressRules
from upgate.tokens.keys import KeyPair, KeyRing

FORM = "application/x-www-form-urlencoded"
KEYS = KeyRing((KeyPair("newest", "other"), KeyPair("testak", "testsk")))
BUCKETS = ("photos",)
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
        return deliver(_request(f"http://127.0.0.1:{server.port}{path}"), KEYS, EGRESS, BUCKETS)


def _headers(sent: bytes) -> dict[str, str]:
    lines = sent.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
def test_callback_is_signed_so_that_the_official_sdk_accepts_it(content_type: str) -> None:
    body = '{"name":"图&1"}'
    with ScriptedServer(answers(b"{}")) as server:
        url = f"http://127.0.0.1:{server.port}/cb/%2F?x=1&y=图"
        deliver(_request(url, body=body, content_type=content_type), KEYS, EGRESS, BUCKETS)
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
        deliver(_request(url, host="app.example.com"), KEYS, EGRESS, BUCKETS)
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
        deliver(_request(f"http://127.0.0.1:{server.port}"), KEYS, EGRESS, BUCKETS)
    authorization = _headers(server.requests[0])["Authorization"]
    assert Auth("testak", "testsk").verify_callback(authorization, "http://a/", "a=1")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b' {"a":"\xe5\x9b\xbe"}\r\n',
        b'{"a":1,"a":1e999}',
        *(b"null", b"[]", b'[{"a":1}]', b'"ok"', b"1", b"true", b"false"),  # Kodo relays them too
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/html; charset=gbk"])
def test_200_with_json_is_accepted_byte_for_byte(body: bytes, content_type: str) -> None:
    outcome = _deliver(answers(body, "200 OK", f"Content-Type: {content_type}"))
    assert (outcome.accepted, outcome.body) == (True, body)
    assert [(attempt.status, attempt.error) for attempt in outcome.attempts] == [(200, "")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"success",
        b"<html>",
        b"nul",
        b"null,",
        b"[",
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


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_PACKED = gzip.compress(b"{}")
_CUT_SHORT = "read: unexpected EOF"
_MALFORMED = "read: malformed HTTP response"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"", "read: EOF", id="closes-at-once"),
        pytest.param(b"HTTP/1.1 200", _CUT_SHORT, id="closes-in-the-status-line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConte", _CUT_SHORT, id="closes-in-the-headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", _CUT_SHORT, id="closes-before-the-body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", _CUT_SHORT, id="closes-in-the-body"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", _MALFORMED, id="length-below-zero"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}", _MALFORMED, id="length-no-number"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
            _MALFORMED,
            id="two-lengths",
        ),
        pytest.param(_CHUNKED + b"2\r\n{}\r\n", _MALFORMED, id="no-last-chunk"),
        pytest.param(_CHUNKED + b"xyz\r\n{}\r\n0\r\n\r\n", _MALFORMED, id="chunk-of-no-number"),
        pytest.param(_CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n", _MALFORMED, id="chunk-below-zero"),
        pytest.param(_CHUNKED + b"f" * 40 + b"\r\n{}\r\n", _MALFORMED, id="chunk-without-measure"),
        pytest.param(b"{}", _MALFORMED, id="no-http"),
    ],
)
def test_server_that_lies_or_closes_early_gives_no_answer(answer: bytes, error: str) -> None:
    outcome = _deliver(says(answer))
    assert (outcome.accepted, outcome.body) == (False, b"")
    assert [(attempt.status, attempt.error) for attempt in outcome.attempts] == [(0, error)]


def test_server_that_says_less_than_it_sends_is_taken_at_its_word() -> None:
    outcome = _deliver(says(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"and":"more"}'))
    assert (outcome.accepted, outcome.body) == (True, b"{}")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        pytest.param(hangs(), "read: i/o timeout", id="hangs"),
        pytest.param(hangs(b"HTTP/1.1 200 OK\r\n"), "read: i/o timeout", id="hangs-in-the-head"),
        pytest.param(
            hangs(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"),
            "read: i/o timeout",
            id="hangs-in-the-body",
        ),
        pytest.param(
            drips(b"HTTP/1.1 200 OK\r\n", itertools.repeat(b"A"), 0.01),
            "read: i/o timeout",
            id="drips-a-head",
        ),
        pytest.param(
            drips(b"HTTP/1.1 200 OK\r\n\r\n{", itertools.repeat(b" "), 0.01),
            "read: i/o timeout",
            id="drips-a-body",
        ),
    ],
)
def test_server_that_takes_its_time_has_no_more_than_the_budget(script: Script, error: str) -> None:
    with ScriptedServer(script) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", budget_seconds=0.2)
        outcome = deliver(request, KEYS, EGRESS, BUCKETS)
    assert [(attempt.status, attempt.error) for attempt in outcome.attempts] == [(0, error)]


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n{", b" " * 65536, id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", b"A" * 65536, id="one-header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n" * 9000, id="headers"),
    ],
)
def test_server_that_floods_is_cut_off(first: bytes, piece: bytes) -> None:
    outcome = _deliver(drips(first, itertools.repeat(piece), 0.0))
    assert (outcome.accepted, outcome.attempts[0].status) == (False, 0)
    assert outcome.attempts[0].error != "read: i/o timeout"


def test_redirect_is_a_refusal_and_is_not_followed() -> None:
    with ScriptedServer(answers(b"{}")) as other:
        location = f"Location: http://127.0.0.1:{other.port}/"
        outcome = _deliver(answers(b"{}", "302 Found", location))
        assert (outcome.accepted, other.connections) == (False, 0)


def test_answer_that_is_packed_unasked_is_an_unexpected_one() -> None:
    outcome = _deliver(answers(_PACKED, "200 OK", "Content-Encoding: gzip"))
    assert (outcome.accepted, outcome.attempts[0].error) == (False, "unexcepted response")


def test_notification_is_not_accepted_by_half_a_head() -> None:
    """Of a notification's answer the status counts alone: it must be a whole answer's."""
    with ScriptedServer(says(b"HTTP/1.1 200 OK\r\nConte")) as server:
        request = replace(_request(f"http://127.0.0.1:{server.port}/"), is_notification=True)
        assert not deliver(request, KEYS, EGRESS, BUCKETS).accepted


def test_next_url_has_its_turn_whatever_the_first_sends() -> None:
    with (
        ScriptedServer(says(_CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n")) as first,
        ScriptedServer(answers(b"{}")) as second,
    ):
        urls = [f"http://127.0.0.1:{server.port}/" for server in (first, second)]
        assert deliver(_request(*urls), KEYS, EGRESS, BUCKETS).accepted


def test_connection_refused_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    attempt = deliver(_request(f"http://127.0.0.1:{port}/"), KEYS, EGRESS, BUCKETS).attempts[0]
    assert (attempt.status, attempt.error) == (
        0,
        f"dial tcp 127.0.0.1:{port}: connection refused",
    )


def test_address_rules_hold_for_callbacks() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", "http://user:pass@a.example/")
        outcome = deliver(request, KEYS, Egress(EgressRules()), BUCKETS)
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
        outcome = deliver(_request(*urls), KEYS, EGRESS, BUCKETS)
        assert [server.connections for server in (first, second, third)] == [1, 1, 0]
    assert (outcome.accepted, outcome.body) == (True, b'{"from":"second"}')
    assert [(attempt.url, attempt.status) for attempt in outcome.attempts] == [
        (urls[0], 500),
        (urls[1], 200),
    ]


def test_each_url_is_tried_once() -> None:
    with ScriptedServer(answers(b"{}", "500 x")) as server:
        deliver(_request(f"http://127.0.0.1:{server.port}/"), KEYS, EGRESS, BUCKETS)
        assert server.connections == 1


def test_url_that_hangs_takes_its_share_and_leaves_the_rest() -> None:
    with ScriptedServer(hangs()) as first, ScriptedServer(answers(b"{}")) as second:
        urls = [f"http://127.0.0.1:{server.port}/" for server in (first, second)]
        outcome = deliver(_request(*urls, budget_seconds=0.6), KEYS, EGRESS, BUCKETS)
    assert outcome.accepted
    assert outcome.attempts[0].error == "read: i/o timeout"
    assert 290 <= outcome.attempts[0].milliseconds < 560


def test_budget_holds_over_all_urls() -> None:
    with ScriptedServer(hangs()) as server:
        started_at = time.monotonic()
        # Connections wait in the backlog behind the first, which hangs until the server ends.
        urls = [f"http://127.0.0.1:{server.port}/{n}" for n in range(limits.CALLBACK_URLS)]
        outcome = deliver(_request(*urls, budget_seconds=0.3), KEYS, EGRESS, BUCKETS)
        seconds = time.monotonic() - started_at
    assert len(outcome.attempts) == limits.CALLBACK_URLS
    assert seconds < 1.5


def test_unknown_access_key_sends_nothing() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", access_key="gone")
        with pytest.raises(UnknownAccessKeyError):
            deliver(request, KEYS, EGRESS, BUCKETS)
        assert server.connections == 0


def test_content_type_that_would_break_out_is_a_failed_attempt() -> None:
    with ScriptedServer(answers(b"{}")) as server:
        request = _request(f"http://127.0.0.1:{server.port}/", content_type="a\r\nX: 1")
        outcome = deliver(request, KEYS, EGRESS, BUCKETS)
        assert (outcome.accepted, server.connections) == (False, 0)


def test_a_call_of_our_own_is_neither_signed_nor_sent() -> None:
    """Its receiver could send the same Authorization to the gateway."""
    entry = encoding.encode(b"photos:a.jpg")
    with ScriptedServer(answers(b"{}")) as server:
        outcome = deliver(
            _request(f"http://127.0.0.1:{server.port}/delete/{entry}"), KEYS, EGRESS, BUCKETS
        )
    assert server.requests == []
    assert (outcome.accepted, outcome.attempts[0].status) == (False, 0)
    assert "gateway's own" in outcome.attempts[0].error
