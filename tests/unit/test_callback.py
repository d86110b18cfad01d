from __future__ import annotations

import json
from typing import Any

import pytest

from upgate import limits
from upgate.callbacks.callback import (
    CallbackAttempt,
    CallbackMessageError,
    CallbackOutcome,
    CallbackRequest,
)

REQUEST = CallbackRequest(
    urls=("http://a.example/cb", "https://b.example/cb?x=图"),
    host="app.example.com",
    body="name=图&secret=1",
    content_type="application/x-www-form-urlencoded",
    delivery_id="d-1_2.3=",
    access_key="testak",
    budget_seconds=8.0,
)
OUTCOME = CallbackOutcome(
    accepted=True,
    body=b'{"bytes":"\xc3\xa9"} \r\n\x00\xff',
    attempts=(
        CallbackAttempt(url="http://a.example/cb", status=0, error="read: EOF", milliseconds=3),
        CallbackAttempt(url="https://b.example/cb", status=200, error="", milliseconds=120),
    ),
)


def test_request_survives_json() -> None:
    assert CallbackRequest.from_json(REQUEST.to_json()) == REQUEST


def test_outcome_survives_json_byte_for_byte() -> None:
    assert CallbackOutcome.from_json(OUTCOME.to_json()) == OUTCOME


def test_request_without_a_host_survives_what_a_lambda_event_is() -> None:
    value = REQUEST.to_object() | {"host": None, "budget_seconds": 8}
    assert CallbackRequest.from_object(value).host is None


@pytest.mark.parametrize(
    "change",
    [
        {"urls": []},
        {"urls": "http://a/"},
        {"urls": [1]},
        {"urls": ["http://a/"] * (limits.CALLBACK_URLS + 1)},
        {"host": 1},
        {"body": None},
        {"body": "\ud800"},
        {"content_type": 1},
        {"delivery_id": ""},
        {"delivery_id": "a" * (limits.DELIVERY_ID_BYTES + 1)},
        {"delivery_id": "a\r\nX: y"},
        {"delivery_id": "a\n"},
        {"access_key": None},
        {"budget_seconds": 0},
        {"budget_seconds": "8"},
        {"budget_seconds": True},
        {"budget_seconds": float("nan")},
        {"budget_seconds": limits.CALLBACK_BUDGET_SECONDS + 0.001},
        {"more": 1},
    ],
)
def test_request_with_a_wrong_field_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(CallbackMessageError):
        CallbackRequest.from_object(REQUEST.to_object() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"urls": ["http://a/"] * limits.CALLBACK_URLS},
        {"delivery_id": "a" * limits.DELIVERY_ID_BYTES},
        {"budget_seconds": limits.CALLBACK_BUDGET_SECONDS},
    ],
)
def test_request_at_a_limit_is_accepted(change: dict[str, object]) -> None:
    value = REQUEST.to_object() | change
    assert CallbackRequest.from_object(value).to_object() == value


@pytest.mark.parametrize("name", REQUEST.to_object())
def test_request_with_a_field_missing_is_an_error(name: str) -> None:
    value = REQUEST.to_object()
    del value[name]
    with pytest.raises(CallbackMessageError):
        CallbackRequest.from_object(value)


@pytest.mark.parametrize(
    "change",
    [
        {"accepted": 1},
        {"body": "e30"},
        {"body": "e30=\n"},
        {"body": "é"},
        {"body": 1},
        {"attempts": []},
        {"attempts": [{}]},
        {"attempts": None},
    ],
)
def test_outcome_with_a_wrong_field_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(CallbackMessageError):
        CallbackOutcome.from_object(OUTCOME.to_object() | change)


@pytest.mark.parametrize(
    "change",
    [{"url": 1}, {"status": "200"}, {"status": True}, {"error": None}, {"milliseconds": 1.5}],
)
def test_attempt_with_a_wrong_field_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(CallbackMessageError):
        CallbackAttempt.from_object(OUTCOME.attempts[0].to_object() | change)


def test_outcome_with_an_answer_at_the_limit_is_accepted_and_one_byte_more_is_not() -> None:
    body = bytes(limits.CALLBACK_ANSWER_BYTES)
    CallbackOutcome(accepted=True, body=body, attempts=OUTCOME.attempts)
    with pytest.raises(CallbackMessageError):
        CallbackOutcome(accepted=True, body=body + b"x", attempts=OUTCOME.attempts)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", b"\xff", "[" * 100_000])
def test_text_that_is_no_json_object_is_an_error(text: Any) -> None:
    with pytest.raises(CallbackMessageError):
        CallbackRequest.from_json(text)


def test_repr_shows_no_body() -> None:
    assert "secret" not in repr(REQUEST)
    assert "bytes" not in repr(OUTCOME)


def test_message_error_shows_no_value() -> None:
    with pytest.raises(CallbackMessageError) as caught:
        CallbackRequest.from_object(REQUEST.to_object() | {"delivery_id": "secret value"})
    assert "secret" not in str(caught.value)


def test_json_text_is_ascii_and_compact() -> None:
    text = REQUEST.to_json()
    assert text.isascii()
    assert text == json.dumps(json.loads(text), separators=(",", ":"))
