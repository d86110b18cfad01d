"""The front of `upgate local` over real HTTP, with a fake function behind it."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from upgate import limits
from upgate.answers.responses import CorsSettings
from upgate_cli.local import front, gateway
from upgate_cli.local.edge import Edge
from upgate_cli.local.gateway import Gateway, Invoke
from upgate_cli.local.routes import Route, RouteTable

PAGE = Path(__file__).resolve().parents[2] / "web" / "index.html"


async def echo(_: str, payload: bytes, /) -> bytes:
    """A function that answers with the event that it got."""
    return json.dumps({"statusCode": 200, "body": payload.decode()}).encode()


def exchange(raw: bytes, function: Invoke = echo, edge: Edge | None = None) -> bytes:
    """Send bytes over a connection of their own, and read until it ends."""

    async def talk() -> bytes:
        gate = Gateway(RouteTable([Route("$default", "f")]), function)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            async with front.serving(listener, gate, PAGE, edge):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                writer.write(raw)
                answer = await reader.read()
                writer.close()
                await writer.wait_closed()
                return answer

    return asyncio.run(talk())


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join((f"{line} HTTP/1.1", "Host: here", "Connection: close", *headers, "", ""))
    return head.encode() + body


def event(line: str, *headers: str, body: bytes = b"") -> dict[str, Any]:
    """The event that a function gets for a request."""
    head, _, answer = exchange(request(line, *headers, body=body)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    value: dict[str, Any] = json.loads(answer)
    return value


def test_path_and_query_arrive_undamaged() -> None:
    made = event("POST /buckets/b/objects//uploads/../%25|=~;x?a=%2F|b&&c#d")
    assert made["rawPath"] == "/buckets/b/objects//uploads/../%25|=~;x"
    assert made["rawQueryString"] == "a=%2F|b&&c#d"


def test_path_that_begins_with_two_slashes_is_no_host() -> None:
    assert event("GET //host/x")["rawPath"] == "//host/x"


def test_whole_url_as_target_is_its_path() -> None:
    assert event("GET http://here/a//b?c")["rawPath"] == "/a//b"


def test_method_of_any_name_arrives() -> None:
    assert event("OPTIONS /")["requestContext"]["http"]["method"] == "OPTIONS"


def test_chunked_body_arrives_whole() -> None:
    made = event("POST /", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert (made["body"], made["headers"]["content-length"]) == ("YWJjZGU=", "5")


def test_compressed_body_stays_compressed() -> None:
    packed = gzip.compress(b"x" * 100, mtime=0)
    made = event("POST /", "Content-Encoding: gzip", f"Content-Length: {len(packed)}", body=packed)
    assert made["headers"]["content-length"] == str(len(packed))


def test_client_that_waits_for_100_is_told_to_go_on() -> None:
    answer = exchange(request("POST /", "Expect: 100-continue", "Content-Length: 2", body=b"hi"))
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")


def test_root_is_the_page_for_get_only() -> None:
    assert b"<h1>Upgate</h1>" in exchange(request("GET /?lang=en"))
    assert event("DELETE /")["rawPath"] == "/"
    assert event("GET //")["rawPath"] == "//"


def test_announced_body_above_the_limit_is_refused_unread() -> None:
    answer = exchange(request("POST /", f"Content-Length: {gateway.BODY_BYTES + 1}"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'{"message":"Request Entity Too Large"}')


def at_the_edge(length: int, *headers: str, origins: tuple[str, ...] = ("*",)) -> tuple[str, bytes]:
    """Head and body of the answer to a request of a length, where CloudFront's rule holds."""
    raw = request("POST /", f"Content-Length: {length}", *headers, body=bytes(min(length, 5)))
    head, _, body = exchange(raw, edge=Edge(CorsSettings(origins))).partition(b"\r\n\r\n")
    return head.decode(), body


def test_too_large_a_body_is_refused_at_the_edge_in_the_protocols_words() -> None:
    head, body = at_the_edge(limits.REQUEST_BODY_BYTES + 1)
    assert head.startswith("HTTP/1.1 413 ")
    assert body == b'{"error":"request entity too large"}'
    assert {"X-Reqid", "X-Log"} <= {line.partition(":")[0] for line in head.splitlines()}
    for line in ("Access-Control-Allow-Origin: *", "Content-Type: application/json"):
        assert line in head.splitlines()


def test_a_body_at_the_limit_goes_on() -> None:
    body = bytes(limits.REQUEST_BODY_BYTES)
    raw = request("POST /", f"Content-Length: {len(body)}", body=body)
    edge = Edge(CorsSettings())
    # The function that stands here has the limit of Lambda, and none of its own.
    assert exchange(raw, edge=edge).partition(b" ")[2].startswith((b"200 ", b"500 "))


@pytest.mark.parametrize("origin", ["https://app.example.com", "https://other.example.com"])
def test_the_edge_admits_the_origins_of_the_stack(origin: str) -> None:
    allowed = ("https://app.example.com",)
    head, _ = at_the_edge(5_000_000, f"Origin: {origin}", origins=allowed)
    assert (f"Access-Control-Allow-Origin: {origin}" in head) == (origin in allowed)
    assert "Vary: Origin" in head


def test_a_chunked_body_announces_nothing_to_the_edge() -> None:
    size = limits.REQUEST_BODY_BYTES + 1
    body = b"%x\r\n" % size + bytes(size) + b"\r\n0\r\n\r\n"
    raw = request("POST /", "Transfer-Encoding: chunked", body=body)
    answer = exchange(raw, edge=Edge(CorsSettings()))
    assert b'{"error":' not in answer


def test_chunked_body_above_the_limit_is_refused() -> None:
    size = gateway.BODY_BYTES + 1
    body = b"%x\r\n" % size + bytes(size) + b"\r\n0\r\n\r\n"
    answer = exchange(request("POST /", "Transfer-Encoding: chunked", body=body))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'{"message":"Request Entity Too Large"}')


def test_head_above_the_limit_is_refused() -> None:
    answer = exchange(request("GET /", "X-Long: " + "a" * gateway.HEAD_BYTES))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.endswith(b'{"message":"Request Header Fields Too Large"}')


def test_answer_keeps_status_type_and_repeated_headers() -> None:
    async def function(_: str, __: bytes, /) -> bytes:
        headers = {"Content-Type": "application/json", "X-Reqid": "r"}
        result = {"statusCode": 614, "headers": headers, "cookies": ["a=1", "b=2"], "body": "{}"}
        return json.dumps(result).encode()

    lines = exchange(request("GET /x"), function).split(b"\r\n")
    assert lines[0].startswith(b"HTTP/1.1 614")
    assert b"Content-Type: application/json" in lines
    assert [line for line in lines if line.startswith(b"set-cookie")] == [
        b"set-cookie: a=1",
        b"set-cookie: b=2",
    ]
