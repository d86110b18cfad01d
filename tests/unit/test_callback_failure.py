from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest

from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome, CallbackRequest
from upgate.callbacks.callback_failure import failure_body


class Vector(TypedDict):
    origin: str
    content_type: str
    body: str
    attempt: dict[str, object]
    etag: str
    key: str
    inner: str


_FILE = Path(__file__).parents[1] / "vectors" / "callback" / "failures.json"
VECTORS: list[Vector] = json.loads(_FILE.read_text("utf-8"))


def _request(
    body: str = "a=1", content_type: str = "application/json", host: str | None = None
) -> CallbackRequest:
    return CallbackRequest(
        urls=("http://a.example/cb", "http://b.example/cb"),
        host=host,
        body=body,
        content_type=content_type,
        delivery_id="d1",
        access_key="testak",
        budget_seconds=8,
    )


def _outcome(*attempts: CallbackAttempt, accepted: bool = False) -> CallbackOutcome:
    return CallbackOutcome(accepted=accepted, body=b"", attempts=attempts)


def _attempt(status: int, error: str, url: str = "http://a.example/cb") -> CallbackAttempt:
    return CallbackAttempt(url=url, status=status, error=error, milliseconds=1)


def _details(body: bytes) -> dict[str, object]:
    details: dict[str, object] = json.loads(json.loads(body)["error"])
    return details


@pytest.mark.parametrize("vector", VECTORS)
def test_vector_gives_the_body_seen_on_the_wire(vector: Vector) -> None:
    body = failure_body(
        _request(vector["body"], vector["content_type"]),
        _outcome(CallbackAttempt.from_object(vector["attempt"])),
        etag=vector["etag"],
        key=vector["key"],
    )
    assert json.loads(body) == {"error": vector["inner"]}


def test_outer_json_escapes_the_inner_once() -> None:
    body = failure_body(_request("a&b"), _outcome(_attempt(404, "Not Found")), etag="F", key="k")
    assert body == (
        rb'{"error":"{\"callback_url\":\"http://a.example/cb\",'
        rb"\"callback_bodyType\":\"application/json\",\"callback_body\":\"a\\u0026b\","
        rb"\"token\":\"\",\"err_code\":404,\"error\":\"Not Found\","
        rb'\"hash\":\"F\",\"key\":\"k\"}"}'
    )


def test_several_failures_tell_the_last() -> None:
    outcome = _outcome(
        _attempt(500, "Internal Server Error"),
        _attempt(404, "Not Found", "http://b.example/cb"),
    )
    details = _details(failure_body(_request(), outcome, etag="F", key="k"))
    assert (details["callback_url"], details["err_code"]) == ("http://b.example/cb", 404)


def test_no_answer_is_502_with_the_transport_error() -> None:
    outcome = _outcome(_attempt(0, "dial tcp 203.0.113.7:80: connection refused"))
    details = _details(failure_body(_request(), outcome, etag="F", key="k"))
    assert details["err_code"] == 502
    assert details["error"] == (
        "Post http://a.example/cb: dial tcp 203.0.113.7:80: connection refused"
    )


def test_answer_that_is_not_json_keeps_its_200() -> None:
    outcome = _outcome(_attempt(200, "unexcepted response"))
    details = _details(failure_body(_request(), outcome, etag="F", key="k"))
    assert (details["err_code"], details["error"]) == (200, "unexcepted response")


def test_accepted_answer_of_no_use_is_told_as_unexpected() -> None:
    outcome = _outcome(_attempt(200, ""), accepted=True)
    details = _details(failure_body(_request(), outcome, etag="F", key="k", fetch_key=True))
    assert details["error"] == "unexcepted response"


def test_host_and_fetch_key_stand_where_kodo_puts_them() -> None:
    outcome = _outcome(_attempt(404, "Not Found"))
    body = failure_body(_request(host="h.example"), outcome, etag="F", key="k", fetch_key=True)
    assert list(_details(body)) == [
        "callback_url",
        "callback_host",
        "callback_bodyType",
        "callback_body",
        "callback_fetchKey",
        "token",
        "err_code",
        "error",
        "hash",
        "key",
    ]


def test_host_and_fetch_key_are_left_out_when_not_set() -> None:
    details = _details(
        failure_body(_request(), _outcome(_attempt(404, "Not Found")), etag="F", key="k")
    )
    assert not {"callback_host", "callback_fetchKey"} & set(details)


def test_characters_that_go_escapes_are_escaped() -> None:
    body = failure_body(
        _request('<&>\u2028\u2029"\\图'), _outcome(_attempt(404, "Not Found")), etag="F", key="k"
    )
    inner = json.loads(body)["error"]
    assert r'"callback_body":"\u003c\u0026\u003e\u2028\u2029\"\\图"' in inner


def test_text_that_is_not_unicode_still_gives_an_answer() -> None:
    outcome = _outcome(_attempt(404, "Not Found"))
    body = failure_body(_request("\ud800"), outcome, etag="F", key="\udfff")
    assert _details(body)["err_code"] == 404
