"""One HTTP request and its answer over a connection that somebody else made and checked."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from upgate import limits
from upgate.outbound.egress_errors import (
    EgressAnswerTooLargeError,
    EgressConnectionError,
    EgressRefusedError,
)
from upgate.outbound.egress_socket import Deadline, DeadlineSocket
from upgate.outbound.egress_url import Target, check_host_header

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")
_LENGTH = re.compile(r"[0-9]{1,18}\Z", re.ASCII)  # RFC 9110, 8.6; what has more digits is no answer
_CUT_SHORT = "read: unexpected EOF"
_MALFORMED = "read: malformed HTTP response"
_READ_BYTES = 64 * 1024
_CHUNK_OVERHEAD = 8  # one-byte chunks cost six bytes each; nobody honest is above this


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One request. `host` replaces the target's name in the Host header and nowhere else."""

    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    host: str | None = None


@dataclass(frozen=True, slots=True)
class EgressAnswer:
    """What came back, whatever its status; the body complete and not decoded."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    location: str = ""
    """Where a redirect points to; nothing here follows one."""


class Sender(Protocol):
    """What sends a request and brings back its answer: `Egress`, or what stands in for it."""

    def send(
        self, request: OutgoingRequest, timeout_seconds: float, answer_limit_bytes: int, /
    ) -> EgressAnswer:
        """As `Egress.send`; raises EgressError."""


def check_headers(request: OutgoingRequest) -> None:
    """Refuse what would break out of a header (EgressRefusedError)."""
    if request.host is not None:
        check_host_header(request.host)
    if not all(map(_HEADER_VALUE.match, request.headers.values())):
        raise EgressRefusedError("a header has a character that HTTP does not allow")


def exchange(
    connection: socket.socket, request: OutgoingRequest, deadline: Deadline, limit_bytes: int
) -> EgressAnswer:
    """Send the request and read the whole answer, whose body may have `limit_bytes`.

    Raises:
        EgressTimeoutError, OSError: as the connection does.
        EgressConnectionError: the answer is not HTTP, or ends before its announced length.
        EgressAnswerTooLargeError: a head above limits.EGRESS_HEAD_BYTES, or a larger body.
    """
    stream = DeadlineSocket(connection, deadline)
    client = http.client.HTTPConnection("checked.invalid")
    client.auto_open = 0  # it is given its connection and must never dial one by itself
    client.sock = stream
    deadline.stage = "write"
    _write(client, request)
    deadline.stage = "read"
    stream.allow(limits.EGRESS_HEAD_BYTES)
    try:
        with client.getresponse() as answer:
            _check_head(answer, stream)
            stream.allow(limits.EGRESS_HEAD_BYTES + limit_bytes * _CHUNK_OVERHEAD)
            body = _read_body(answer, limit_bytes)
            headers = answer.headers
            return EgressAnswer(
                answer.status,
                headers.get("Content-Type", ""),
                body,
                headers.get("Location", ""),
            )
    except http.client.RemoteDisconnected as error:
        raise EgressConnectionError("read: EOF") from error
    # ValueError: http.client takes a chunk of less than no bytes, and fails only when it reads it.
    except (http.client.HTTPException, ValueError) as error:
        raise EgressConnectionError(_MALFORMED) from error


def _write(client: http.client.HTTPConnection, request: OutgoingRequest) -> None:
    client.putrequest(
        request.method, request.target.path, skip_host=True, skip_accept_encoding=True
    )
    client.putheader("Host", request.host or request.target.authority)
    for name, value in request.headers.items():
        client.putheader(name, value)
    client.putheader("Content-Length", str(len(request.body)))
    client.putheader("Accept-Encoding", "identity")
    client.putheader("Connection", "close")
    # A server may answer before it has read everything, and that answer counts.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.endheaders(request.body)


def _check_head(answer: http.client.HTTPResponse, stream: DeadlineSocket) -> None:
    """Refuse what http.client lets pass: a head that breaks off, a length that is none."""
    if stream.has_ended:  # a whole head is read without a look at what follows it
        raise EgressConnectionError(_CUT_SHORT)
    lengths = set(answer.headers.get_all("Content-Length", ()))
    if not answer.chunked and (len(lengths) > 1 or not all(map(_LENGTH.match, lengths))):
        raise EgressConnectionError(_MALFORMED)


def _read_body(answer: http.client.HTTPResponse, limit_bytes: int) -> bytes:
    too_large = EgressAnswerTooLargeError(f"answer is larger than {limit_bytes} bytes")
    if (answer.length or 0) > limit_bytes:
        raise too_large
    body = bytearray()
    while piece := answer.read(_READ_BYTES):
        body += piece
        if len(body) > limit_bytes:
            raise too_large
    if answer.length:  # announced and not sent; `read` with a size does not mind
        raise EgressConnectionError(_CUT_SHORT)
    return bytes(body)
