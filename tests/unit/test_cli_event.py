"""Payload format 2.0 against aws.md 2 and local.md 2."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from upgate_cli.local.event import Request, ResultError, decode, encode
from upgate_cli.local.routes import Match, Route

DEFAULT = Match(Route("$default", "f"), {})
HOST = ("Host", "127.0.0.1:8787")


def event(
    target: str = "/",
    *headers: tuple[str, str],
    method: str = "POST",
    body: bytes = b"",
    match: Match = DEFAULT,
) -> dict[str, Any]:
    request = Request(method, target, (HOST, *headers), body, "192.0.2.7")
    value: dict[str, Any] = json.loads(encode(request, match))
    return value


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/buckets/b/objects//uploads", "/buckets/b/objects//uploads"),
        ("//twice", "//twice"),
        ("/a|watermark=/b~c", "/a|watermark=/b~c"),
        ("/a%2Fb%7C", "/a/b|"),
        ("/%E4%BD%A0", "/你"),
        ("/%FF", "/\N{REPLACEMENT CHARACTER}"),
        ("/100%25", "/100%25"),
        ("/a%252Fb", "/a%252Fb"),
        ("/%zz%", "/%zz%"),
        ("/a+b", "/a+b"),
        ("/a?b/c?d", "/a"),
    ],
)
def test_path_is_decoded_once_and_else_untouched(target: str, path: str) -> None:
    made = event(target)
    assert (made["rawPath"], made["requestContext"]["http"]["path"]) == (path, path)


def test_query_string_is_untouched_and_its_values_are_decoded_and_joined() -> None:
    made = event("/x?q=1&q=%2F2&empty=&flag")
    assert made["rawQueryString"] == "q=1&q=%2F2&empty=&flag"
    assert made["queryStringParameters"] == {"q": "1,/2", "empty": "", "flag": ""}


def test_without_query_body_cookies_and_variables_the_fields_are_absent() -> None:
    made = event()
    assert made.keys().isdisjoint(("queryStringParameters", "body", "cookies", "pathParameters"))
    assert made["isBase64Encoded"] is False


def test_header_names_are_lower_case_and_repeated_ones_joined() -> None:
    made = event("/", ("X-A", "1"), ("x-a", "2"))
    assert made["headers"]["x-a"] == "1,2"


def test_hop_by_hop_headers_are_left_out() -> None:
    made = event("/", ("Transfer-Encoding", "chunked"), ("Connection", "close"), body=b"abc")
    assert made["headers"].keys().isdisjoint(("transfer-encoding", "connection"))
    assert made["headers"]["content-length"] == "3"


def test_cookies_are_a_list_of_their_own() -> None:
    made = event("/", ("Cookie", "a=1; b=2"))
    assert made["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in made["headers"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "image/jpeg",
        "application/json5",
        "",
    ],
)
def test_body_of_any_other_type_is_base64(content_type: str) -> None:
    made = event("/", ("Content-Type", content_type), body=b"\xff\x00")
    assert (made["isBase64Encoded"], base64.b64decode(made["body"])) == (True, b"\xff\x00")


def test_body_without_a_type_is_base64() -> None:
    assert event("/", body=b"text")["isBase64Encoded"] is True


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html; charset=utf-8",
        "application/json",
        "Application/JSON;charset=utf-8",
        "application/xml",
        "application/javascript",
    ],
)
def test_body_of_a_text_type_is_text(content_type: str) -> None:
    made = event("/", ("Content-Type", content_type), body="é".encode())
    assert (made["isBase64Encoded"], made["body"]) == (False, "é")


def test_bytes_that_are_no_text_are_lost_in_a_text_type() -> None:
    made = event("/", ("Content-Type", "text/plain"), body=b"\xff")
    assert made["body"] == "\N{REPLACEMENT CHARACTER}"


def test_route_key_and_variables_come_from_the_match() -> None:
    made = event(
        "/putb64/-1/key/eA==", match=Match(Route("POST /p", "f"), {"proxy": "-1/key/eA=="})
    )
    assert made["routeKey"] == made["requestContext"]["routeKey"] == "POST /p"
    assert made["pathParameters"] == {"proxy": "-1/key/eA=="}


def test_clients_address_and_host_are_told() -> None:
    made = event("/", ("X-Forwarded-For", "198.51.100.1"))
    assert made["requestContext"]["http"]["sourceIp"] == "192.0.2.7"
    assert made["headers"]["x-forwarded-for"] == "198.51.100.1, 192.0.2.7"
    assert made["headers"]["x-forwarded-proto"] == "http"
    assert made["requestContext"]["domainName"] == "127.0.0.1:8787"


def test_answer_takes_status_headers_and_cookies() -> None:
    result = {
        "statusCode": 614,
        "headers": {"Content-Type": "application/json", "X-Reqid": "r"},
        "cookies": ["a=1", "b=2"],
        "body": "{}",
    }
    answer = decode(json.dumps(result).encode())
    assert (answer.status, answer.body) == (614, b"{}")
    assert list(answer.headers) == [
        ("Content-Type", "application/json"),
        ("X-Reqid", "r"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]


def test_base64_answer_is_decoded() -> None:
    result = {"statusCode": 200, "isBase64Encoded": True, "body": "/wA="}
    assert decode(json.dumps(result).encode()).body == b"\xff\x00"


def test_answer_with_a_body_and_no_type_is_text() -> None:
    answer = decode(b'{"statusCode": 200, "body": "x"}')
    assert list(answer.headers) == [("content-type", "text/plain;charset=UTF-8")]


def test_result_without_a_status_is_the_json_body_of_a_200() -> None:
    answer = decode(b'{"a": 1}')
    assert (answer.status, answer.body) == (200, b'{"a": 1}')


@pytest.mark.parametrize(
    "result",
    [
        b"",
        b'{"statusCode": "many"}',
        b'{"statusCode": 200, "body": 5}',
        b'{"statusCode": 200, "headers": ["a"]}',
        b'{"statusCode": 200, "isBase64Encoded": true, "body": "x"}',
    ],
)
def test_result_of_another_shape_is_an_error(result: bytes) -> None:
    with pytest.raises(ResultError):
        decode(result)
