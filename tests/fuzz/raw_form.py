"""Fuzz target: any bytes as a form. The input is the Content-Type, a line end, and the body."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from upgate.errors import UpgateError
from upgate.intake.form import parse_form
from upgate.intake.object_metadata import PREFIX
from upgate.intake.upload_request import UploadRequest

_BOUNDARY = "fuzz-5a1cf0e7d2"
_HEADER_FIELDS = {
    "cacheControl": "cache_control",
    "contentDisposition": "content_disposition",
    "contentEncoding": "content_encoding",
    "contentLanguage": "content_language",
    "expires": "expires",
}


def check(data: bytes) -> None:
    """Nothing but a typed refusal comes out; what is accepted says the same when sent anew."""
    head, _, body = data.partition(b"\n")
    refusal: UpgateError | None = None
    try:
        request, content = parse_form(head.decode("latin-1"), body)
    except UpgateError as error:
        refusal = error
    if refusal is not None:
        assert refusal.status in (400, 401, 413), refusal.status
        assert refusal.message.isprintable(), "a message of several lines"
        assert len(refusal.message) < 400, "a message at length"
        return
    assert bytes(content) in body, "a content that is not in the body"
    assert request.token.encode() in body, "a token that is not in the body"
    for value in (*request.custom_variables.values(), *request.metadata.values()):
        assert value.encode() in body, "a value that is not in the body"
    fields = [(name, value) for name, value in _fields(request) if value is not None]
    parts = [part for part in (_field(name, value) for name, value in fields) if part is not None]
    if len(parts) < len(fields) or _BOUNDARY.encode() in body:
        return
    file = _file(request, bytes(content))
    for order in ([*parts, file], [file, *reversed(parts)]):
        again, same = parse_form(f"multipart/form-data; boundary={_BOUNDARY}", _form(order))
        assert (again, bytes(same)) == (request, bytes(content)), "another request when sent anew"


def _fields(request: UploadRequest) -> Iterable[tuple[str, str | None]]:
    yield "token", request.token
    yield "key", request.key
    yield "crc32", None if request.crc32 is None else str(request.crc32)
    yield "accept", request.accept
    yield from request.custom_variables.items()
    yield from ((f"{PREFIX}{name}", value) for name, value in request.metadata.items())
    for name, attribute in _HEADER_FIELDS.items():
        yield name, getattr(request.headers, attribute)


def _field(name: str, value: str) -> bytes | None:
    """A part as RFC 7578 has it; None for a name that neither way of escaping can write."""
    raw = name.encode()
    if b"\\" in raw or b'"' in raw:
        if b"\r" in raw or b"\n" in raw:
            return None
        raw = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    elif any(escape in raw for escape in (b"%22", b"%0D", b"%0A")):
        return None
    else:
        raw = raw.replace(b"\r", b"%0D").replace(b"\n", b"%0A")
    return b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (raw, value.encode())


def _file(request: UploadRequest, content: bytes) -> bytes:
    """The file's part; `filename*` says every name without a doubt."""
    head = b'Content-Disposition: form-data; name="file"'
    if request.file_name is not None:
        head += b"; filename*=utf-8''" + quote(request.file_name, safe="").encode()
    if request.mime_type is not None:
        head += b"\r\nContent-Type: " + request.mime_type.encode()
    return head + b"\r\n\r\n" + content


def _form(parts: list[bytes]) -> bytes:
    mark = _BOUNDARY.encode()
    return b"".join(b"--%s\r\n%s\r\n" % (mark, part) for part in parts) + b"--%s--" % mark
