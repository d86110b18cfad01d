from __future__ import annotations

import socket
from collections.abc import Mapping

import pytest

from tests.unit.scripted_server import Script, ScriptedServer, answers, hangs, says
from upgate import limits
from upgate.outbound.egress import Egress
from upgate.outbound.egress_errors import (
    EgressAnswerTooLargeError,
    EgressConnectionError,
    EgressRefusedError,
)
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest
from upgate.outbound.egress_rules import EgressRules
from upgate.outbound.egress_url import parse_target

LIMIT = 1000
EGRESS = Egress(EgressRules(allow_loopback=True))


def _ask(
    script: Script,
    *,
    headers: Mapping[str, str] | None = None,
    path: str = "/cb",
    host: str | None = None,
    body: bytes = b"a=1",
) -> tuple[EgressAnswer, bytes]:
    with ScriptedServer(script) as server:
        target = parse_target(f"http://127.0.0.1:{server.port}{path}")
        request = OutgoingRequest("POST", target, headers or {}, body, host)
        return EGRESS.send(request, 2.0, LIMIT), server.requests[0]


def test_request_is_sent_as_given_and_nothing_is_added_but_what_http_needs() -> None:
    _, sent = _ask(
        answers(b"{}"), headers={"X-A": "1"}, path="/cb?x=%2F&y=图", host="app.example.com"
    )
    assert sent == (
        b"POST /cb?x=%2F&y=%E5%9B%BE HTTP/1.1\r\n"
        b"Host: app.example.com\r\n"
        b"X-A: 1\r\n"
        b"Content-Length: 3\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Connection: close\r\n"
        b"\r\n"
        b"a=1"
    )


def test_answer_comes_back_with_status_type_and_bytes() -> None:
    answer, _ = _ask(answers(b"\x00\xff", "404 Not Found", "Content-Type: text/html; charset=x"))
    assert answer == EgressAnswer(404, "text/html; charset=x", b"\x00\xff")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_is_an_answer_and_is_not_followed(status: str) -> None:
    with ScriptedServer(answers(b"{}")) as inner:
        location = f"Location: http://127.0.0.1:{inner.port}/latest/meta-data"
        answer, _ = _ask(answers(b"", status, location))
        assert answer.status == int(status[:3])
        assert inner.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\nsmuggled",
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["until-close", "http-1.0", "chunked", "continue", "more-than-announced", "no-reason"],
)
def test_well_formed_answer_of_any_framing_is_read(answer: bytes) -> None:
    assert _ask(says(answer))[0].body == b"{}"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"", "read: EOF"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", "read: unexpected EOF"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
            "read: malformed HTTP response",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}",
            "read: malformed HTTP response",
        ),
        (b"SSH-2.0-OpenSSH\r\n", "read: malformed HTTP response"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "read: malformed HTTP response"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "read: malformed HTTP response"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * 101 + b"\r\n", "read: malformed HTTP response"),
    ],
    ids=["nothing", "short", "short-chunk", "bad-chunk", "ssh", "status", "version", "headers"],
)
def test_answer_that_breaks_off_or_is_not_http_is_a_connection_error(
    answer: bytes, text: str
) -> None:
    with pytest.raises(EgressConnectionError) as caught:
        _ask(says(answer))
    assert str(caught.value) == text


def test_reset_in_mid_answer_is_a_connection_error() -> None:
    def script(_server: ScriptedServer, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with pytest.raises(EgressConnectionError, match=r"^read: connection reset by peer$"):
        _ask(script)


def test_answer_given_before_the_body_was_read_counts() -> None:
    def script(_server: ScriptedServer, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with ScriptedServer(script, reads=False) as server:
        target = parse_target(f"http://127.0.0.1:{server.port}/")
        request = OutgoingRequest("POST", target, {}, bytes(8 * 1024 * 1024))
        assert EGRESS.send(request, 2.0, LIMIT).status == 413


@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_body_at_the_limit_is_read_and_one_byte_more_is_refused(framing: str) -> None:
    def answer(size: int) -> Script:
        head = b"HTTP/1.1 200 OK\r\n"
        body = bytes(size)
        if framing == "length":
            head += b"Content-Length: %d\r\n" % size
        if framing == "chunked":
            head += b"Transfer-Encoding: chunked\r\n"
            body = b"".join(b"1\r\n\0\r\n" for _ in range(size)) + b"0\r\n\r\n"
        return says(head + b"\r\n" + body)

    assert len(_ask(answer(LIMIT))[0].body) == LIMIT
    with pytest.raises(EgressAnswerTooLargeError, match=f"larger than {LIMIT} bytes"):
        _ask(answer(LIMIT + 1))


def test_announced_length_above_the_limit_is_refused_without_reading() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1)
    with pytest.raises(EgressAnswerTooLargeError):
        _ask(hangs(head))


def test_head_at_the_limit_is_read_and_one_byte_more_is_refused() -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: "

    def answer(size: int) -> Script:
        return says(start + b"a" * (size - len(start) - 4) + b"\r\n\r\n")

    assert _ask(answer(limits.EGRESS_HEAD_BYTES))[0].status == 200
    with pytest.raises(EgressAnswerTooLargeError):
        _ask(answer(limits.EGRESS_HEAD_BYTES + 1))


@pytest.mark.parametrize(
    "endless",
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: 1\r\n" * 1000),
    ],
    ids=["body", "headers", "continue", "trailers"],
)
def test_flood_is_cut_off(endless: tuple[bytes, bytes]) -> None:
    sent = 0

    def script(server: ScriptedServer, connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(endless[0])
        while not server.stopped.is_set():
            sent += connection.send(endless[1])

    with pytest.raises((EgressAnswerTooLargeError, EgressConnectionError)):
        _ask(script)
    assert sent < 16 * 1024 * 1024


def test_compressed_answer_is_not_unpacked() -> None:
    packed = b"\x1f\x8b\x08\x00bomb"
    assert _ask(answers(packed, "200 OK", "Content-Encoding: gzip"))[0].body == packed


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\0b", "图", "\x7f"])
def test_header_value_that_would_break_out_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(EgressRefusedError) as caught:
        _ask(answers(b"{}"), headers={"Content-Type": value})
    assert value not in str(caught.value)


def test_host_header_that_would_break_out_is_refused() -> None:
    with pytest.raises(EgressRefusedError):
        _ask(answers(b"{}"), host="a\r\nX-Injected: 1")


def test_request_and_answer_show_no_content_in_their_repr() -> None:
    request = OutgoingRequest("POST", parse_target("http://a/"), {"A": "secret"}, b"secret")
    assert "secret" not in repr(request)
    assert "secret" not in repr(EgressAnswer(200, "", b"secret"))
