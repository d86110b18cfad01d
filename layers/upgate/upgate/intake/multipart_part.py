"""The parts of a multipart/form-data body (RFC 7578), without knowing what any of them means.

The `multipart` library cuts the body; this module holds it to the limits, and repairs the one
quirk that it does not know: the bare LF between the two headers of Android and iOS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import multipart  # type: ignore[import-untyped]

from upgate import limits
from upgate.errors import FileTooLargeError, MalformedFormError
from upgate.intake import content_disposition
from upgate.intake.upload_request import Content

# RFC 2046, 5.1.1. Without quotes the grammar forbids more than this does, and clients send it.
_BOUNDARY = re.compile(
    r""";[ \t]*boundary[ \t]*=[ \t]*
    (?:"(?P<quoted>[\x20\x21\x23-\x7e]*)" | (?P<bare>[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]+))""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_IDENTITY_ENCODINGS = (b"7bit", b"8bit", b"binary")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, the file's name (None: a plain field), its own type, and its bytes."""

    name: str
    file_name: str | None
    content_type: str | None
    content: bytes


def read_parts(content_type: str, body: Content) -> Iterator[Part]:
    """Give the parts in the order of the body; an error may come after the first parts.

    Each part's bytes are copied once, and `body` not at all if it is `bytes`.

    Raises:
        FileTooLargeError: the body is above limits.REQUEST_BODY_BYTES.
        MalformedFormError: anything else; the message says what.
    """
    if len(body) > limits.REQUEST_BODY_BYTES:
        raise FileTooLargeError
    # Strict: folded headers cost quadratic time, and no client folds. Latin-1 keeps every byte.
    parser = multipart.PushMultipartParser(
        _boundary_of(content_type),
        max_header_size=limits.FORM_HEADER_BYTES,
        max_header_count=limits.FORM_HEADERS_PER_PART,
        header_charset="latin-1",
        strict=True,
    )
    try:
        yield from _assemble(parser.parse(bytes(body)))
        parser.close()
    except multipart.MultipartError as error:
        raise _malformed(str(error).lower()) from error


def _boundary_of(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        raise _malformed("the request's Content-Type is not multipart/form-data")
    match = _BOUNDARY.search(content_type)
    boundary = match and (match["quoted"] or match["bare"])
    if not boundary:
        raise _malformed("the request's Content-Type names no boundary")
    if len(boundary) > limits.FORM_BOUNDARY_BYTES:
        raise _malformed(f"the boundary is longer than {limits.FORM_BOUNDARY_BYTES} bytes")
    return boundary


def _assemble(events: Iterator[multipart.MultipartSegment | bytes | None]) -> Iterator[Part]:
    """Join a part's head and its bytes; these are one piece, as the body was parsed in one."""
    segment: multipart.MultipartSegment = None
    content = b""
    count = 0
    for event in events:
        if event is None:
            yield _part(segment.headerlist, content)
        elif isinstance(event, bytes):
            content = event
        else:
            segment, content = event, b""
            count += 1
            if count > limits.FORM_PARTS:
                raise _malformed(f"it has more than {limits.FORM_PARTS} parts")


def _part(header_list: list[tuple[str, str]], content: bytes) -> Part:
    headers = _headers(header_list)
    try:
        disposition = content_disposition.parse(headers.get("content-disposition", b""))
    except ValueError as error:
        raise _malformed(str(error)) from error
    if headers.get("content-transfer-encoding", b"binary").lower() not in _IDENTITY_ENCODINGS:
        raise _malformed("a Content-Transfer-Encoding is not allowed here (RFC 7578, 4.7)")
    content_type = headers.get("content-type")
    is_file = disposition.file_name is not None
    if content_type and not is_file and content_type.lower().startswith(b"multipart/"):
        raise _malformed("a multipart inside a part is not allowed (RFC 7578, 4.3)")
    return Part(
        name=disposition.name,
        file_name=disposition.file_name,
        content_type=None if content_type is None else content_type.decode("latin-1"),
        content=content,
    )


def _headers(header_list: list[tuple[str, str]]) -> dict[str, bytes]:
    """Name the headers in lower case, and part those that a bare LF joins (protocol.md 2.2)."""
    headers: dict[str, bytes] = {}
    for line in "\n".join(f"{name}:{value}" for name, value in header_list).split("\n"):
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not name or not colon:
            raise _malformed("a part's header has no name")
        if name in headers:
            raise _malformed("a part has the same header twice")
        headers[name] = value.strip(" \t").encode("latin-1")
    return headers


def _malformed(detail: str) -> MalformedFormError:
    return MalformedFormError(f"malformed multipart form: {detail}")
