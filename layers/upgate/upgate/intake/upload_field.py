"""One field of an upload, from its text to its value: the same in a form and in a path.

Every function takes text that is decoded already, and refuses what the next one could trip over:
these values end in HTTP headers, in S3 and in the callback.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake.upload_request import ObjectHeaders

CUSTOM_VARIABLE_PREFIX = "x:"

_NO_CHARACTER = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_EXTENSION_BYTES = 32  # a longer one is no extension, but a name with a dot in it
# What Kodo keeps, by its own page on chgm. Commas too: a browser may read two types.
_MIME_TYPE = re.compile(rf"[A-Za-z0-9.+/;=,_ -]{{1,{limits.MIME_TYPE_BYTES}}}", re.ASCII)
_NOT_PRINTABLE_ASCII = re.compile(r"[^\x20-\x7e]")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:\\|\\")
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


def parse_crc32(text: str) -> int:
    """Read a CRC-32 as the protocol writes it: decimal, 0 to 4294967295 (protocol.md 2.1).

    Raises:
        InvalidArgumentError: anything else.
    """
    if not re.fullmatch(r"[0-9]{1,10}", text) or (value := int(text)) > 0xFFFF_FFFF:
        raise InvalidArgumentError("crc32 is not a decimal number from 0 to 4294967295")
    return value


def parse_file_name(text: str) -> str | None:
    """Settle the name for `$(fname)`; empty is none. Of a Windows path (old IE) the last segment.

    Slashes stay: go-sdk sends the key as the name, and no file system ever sees it. A name is no
    reason to lose a file: what it may not hold is left out (control characters, halves of
    surrogate pairs), and beyond limits.FILE_NAME_BYTES it is cut before its extension.
    """
    name = _NO_CHARACTER.sub("", text)
    name = name.rpartition("\\")[2] if _WINDOWS_PATH.match(name) else name
    if len(name.encode()) > limits.FILE_NAME_BYTES:
        name = _shortened(name)
    return name or None


def _shortened(name: str) -> str:
    stem, extension = posixpath.splitext(name)
    if len(extension.encode()) > _EXTENSION_BYTES:
        stem, extension = name, ""
    room = limits.FILE_NAME_BYTES - len(extension.encode())
    return stem.encode()[:room].decode(errors="ignore") + extension


def decode_file_name(raw: bytes) -> str:
    """Decode a file's name that says nothing of its charset.

    Everything official sends UTF-8. What is not, comes from a form on a page in GBK; the rest is
    read as Latin-1, which never fails, because a name is no reason to lose a file.
    """
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def parse_mime_type(text: str) -> str | None:
    """Take the client's media type as it says, if Kodo would keep it; else it is not given.

    A claim, not yet a fact, and not always a media type: `jpg` stays `jpg`. It is no reason to
    refuse a file either.
    """
    label = text.strip(" \t")
    return label if _MIME_TYPE.fullmatch(label) else None


def parse_header(name: str, text: str, limit_bytes: int = limits.OBJECT_HEADER_BYTES) -> str | None:
    """Take a text that will be a header's value; empty is none. `name` is for the message.

    Raises:
        InvalidArgumentError: not printable ASCII (so no CR or LF either), or too long.
    """
    if len(text) > limit_bytes:
        raise InvalidArgumentError(f"{name} is longer than {limit_bytes} bytes")
    if _NOT_PRINTABLE_ASCII.search(text):
        raise InvalidArgumentError(f"{name} holds a character that is not printable ASCII")
    return text.strip(" ") or None


def parse_expires(text: str) -> str | None:
    """Take a date for the Expires header; empty is none.

    Raises:
        InvalidArgumentError: not an HTTP date in its one current form (RFC 9110, 5.6.7).
    """
    value = parse_header("expires", text)
    if value is not None:
        try:
            datetime.strptime(value, _HTTP_DATE)
        except ValueError:
            raise InvalidArgumentError(
                "expires is not an HTTP date such as Wed, 21 Oct 2015 07:28:00 GMT"
            ) from None
    return value


def object_headers(text_of: Callable[[str], str]) -> ObjectHeaders:
    """The headers to keep with the object; `text_of` gives a field's text, empty for none.

    Raises:
        InvalidArgumentError: as `parse_header` and `parse_expires`.
    """

    def header(name: str) -> str | None:
        return parse_header(name, text_of(name))

    return ObjectHeaders(
        cache_control=header("cacheControl"),
        content_disposition=header("contentDisposition"),
        content_encoding=_content_encoding(header("contentEncoding")),
        content_language=header("contentLanguage"),
        expires=parse_expires(text_of("expires")),
    )


def _content_encoding(value: str | None) -> str | None:
    """`aws-chunked` is S3's own word for how a request is framed; no object can have it."""
    if value and "aws-chunked" in value.lower():
        raise InvalidArgumentError("contentEncoding may not be aws-chunked")
    return value


def custom_variables(fields: Mapping[str, str]) -> dict[str, str]:
    """Pick the custom variables, names with their `x:` (protocol.md 2.1)."""
    return {
        name: value for name, value in fields.items() if name.startswith(CUSTOM_VARIABLE_PREFIX)
    }
