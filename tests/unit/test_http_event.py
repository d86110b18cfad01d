"""Events in, answers out: payload format 2.0."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests import events
from upgate.answers.responses import Response
from upgate.errors import InvalidArgumentError
from upgate_aws import http_event


def test_binary_body_is_decoded_from_base64() -> None:
    assert http_event.decode(events.http("POST", "/", b"\xff\x00")).body() == b"\xff\x00"


def test_text_body_is_taken_as_utf_8() -> None:
    assert http_event.decode(events.http("POST", "/", "好")).body() == "好".encode()


def test_absent_body_is_empty() -> None:
    assert http_event.decode(events.http("POST", "/")).body() == b""


@pytest.mark.parametrize("text", ["not base64!", "QUJD=", "QU\nJD"])
def test_body_that_is_not_base64_is_refused(text: str) -> None:
    event = events.http("POST", "/", b"ABC") | {"body": text}
    with pytest.raises(InvalidArgumentError):
        http_event.decode(event).body()


@pytest.mark.parametrize(
    ("authorizer", "identity"),
    [
        (None, None),
        ({}, None),
        ({"jwt": {"claims": {"sub": "user-1"}, "scopes": None}}, "user-1"),
        ({"jwt": {"claims": {"sub": ""}}}, None),
        ({"jwt": {"claims": {}}}, None),
        ({"iam": {"userId": "AIDAEXAMPLE"}}, "AIDAEXAMPLE"),
        ({"lambda": {"sub": "user-1"}}, None),
    ],
)
def test_identity_is_the_authorizers_word(
    authorizer: dict[str, Any] | None, identity: str | None
) -> None:
    event = events.http("POST", "/token")
    event["requestContext"]["authorizer"] = authorizer
    assert http_event.decode(event).identity == identity


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/100%25", "/100%"),
        ("/a%2520b", "/a%20b"),  # of `/a%252520b`, or of `/a%2520b`: the front leaves %25 alone
        ("/a%25252Fb", "/a%252Fb"),
        ("/100%", "/100%"),
        ("/a b", "/a b"),
    ],
)
def test_percent_sign_that_the_front_door_left_escaped_is_one(raw: str, path: str) -> None:
    assert http_event.decode(events.http("GET", raw)).path == path


def test_answers_own_header_wins_over_the_common_one() -> None:
    answer = http_event.encode(Response(301, headers={"X-A": "own"}), {"X-A": "common"})
    assert answer["headers"]["X-A"] == "own"


def test_answer_that_is_not_text_goes_as_base64() -> None:
    answer = http_event.encode(Response(200, b"\xff"), {})
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\xff"


def test_answer_that_is_text_goes_as_text() -> None:
    answer = http_event.encode(Response(200, "好".encode()), {})
    assert (answer["isBase64Encoded"], answer["body"]) == (False, "好")


@pytest.mark.parametrize(
    ("proto", "origin"),
    [
        ("https", "https://up.example.com"),
        ("http", "http://up.example.com"),
        ("javascript", "https://up.example.com"),
        (None, "https://up.example.com"),
    ],
)
def test_origin_is_what_the_client_used(proto: str | None, origin: str) -> None:
    headers = {} if proto is None else {"x-forwarded-proto": proto}
    assert http_event.decode(events.http("GET", "/", headers=headers)).origin == origin


@pytest.mark.parametrize("text", ["a\N{REPLACEMENT CHARACTER}b", "\N{REPLACEMENT CHARACTER}"])
def test_bytes_labelled_as_text_are_refused(text: str) -> None:
    """What was no UTF-8 has become U+FFFD before it gets here (aws.md 2)."""
    with pytest.raises(InvalidArgumentError, match="octet-stream"):
        http_event.decode(events.http("POST", "/", text)).body()


@pytest.mark.parametrize("length", ["2", "4"])
def test_text_of_another_length_than_announced_is_refused(length: str) -> None:
    event = events.http("POST", "/", "好", {"Content-Length": length})
    with pytest.raises(InvalidArgumentError):
        http_event.decode(event).body()


def test_text_of_the_announced_length_is_taken() -> None:
    event = events.http("POST", "/", "好", {"Content-Length": "3"})
    assert http_event.decode(event).body() == "好".encode()
