from __future__ import annotations

import json

import pytest

from upgate import limits
from upgate.listening.letter import Letter, LetterError, LocalAnswer

LETTER = Letter(
    letter_id="1",
    method="POST",
    host="app.example.com",
    path="/cb/%2F?x=1&y=%41",
    headers={"Authorization": "QBox a:b", "Content-Type": "application/json"},
    body='{"name":"图"}\x00'.encode() + b"\xff",
    seconds=7.5,
)
ANSWER = LocalAnswer(status=200, body=b'{"a":1}\r\n\xff')


def test_letter_survives_json() -> None:
    assert Letter.from_json("1", LETTER.to_json()) == LETTER


@pytest.mark.parametrize("answer", [ANSWER, LocalAnswer(status=0, error="dial: no such host")])
def test_answer_survives_json(answer: LocalAnswer) -> None:
    assert LocalAnswer.from_json(answer.to_json()) == answer


@pytest.mark.parametrize("name", json.loads(LETTER.to_json()))
def test_letter_with_a_field_missing_is_an_error(name: str) -> None:
    values = json.loads(LETTER.to_json())
    del values[name]
    with pytest.raises(LetterError):
        Letter.from_json("1", json.dumps(values))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "200"},
        {"status": True},
        {"status": 0},
        {"status": 99},
        {"status": 1000},
        {"body": "e30"},
        {"body": "é"},
        {"error": "said something, and nothing"},
        {"error": None},
    ],
)
def test_answer_with_a_wrong_field_is_an_error(change: dict[str, object]) -> None:
    values = json.loads(ANSWER.to_json()) | change
    with pytest.raises(LetterError):
        LocalAnswer.from_json(json.dumps(values))


@pytest.mark.parametrize("error", ["a\nb", "\x1b[1m", "x" * 201])
def test_error_that_is_not_one_short_line_is_an_error(error: str) -> None:
    with pytest.raises(LetterError):
        LocalAnswer.from_json(LocalAnswer(status=0, error=error).to_json())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_text_that_is_no_json_object_is_an_error(text: str) -> None:
    with pytest.raises(LetterError):
        Letter.from_json("1", text)
    with pytest.raises(LetterError):
        LocalAnswer.from_json(text)


def test_repr_shows_neither_headers_nor_body() -> None:
    assert "QBox" not in repr(LETTER)
    assert "name" not in repr(LETTER)


def test_the_largest_letter_and_answer_fit_into_one_item() -> None:
    """DynamoDB: 400 KB an item, names and all."""
    body = bytes(limits.MAILBOX_BODY_BYTES)
    letter = Letter(
        letter_id="1",
        method="POST",
        host="h" * 253,
        path="/" * limits.CALLBACK_URL_BYTES,
        headers={"a": "b" * 1000},
        body=body,
        seconds=1.0,
    )
    answer = LocalAnswer(status=200, body=bytes(limits.MAILBOX_ANSWER_BYTES))
    assert len(letter.to_json()) + len(answer.to_json()) < 390 * 1024
