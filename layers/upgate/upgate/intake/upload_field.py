"""One field of an upload, from its text to its value: the same in a form and in a path.

Every function takes text that is decoded already, and refuses what the next one could trip over:
these values end in HTTP headers, in S3 and in the callback.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake.upload_request import ObjectHeaders

CUSTOM_VARIABLE_PREFIX = "x:"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
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

    Slashes stay: go-sdk sends the key as the name, and no file system ever sees it.

    Raises:
        InvalidArgumentError: a control character (CR, LF and NUL too), or too long.
    """
    name = text.rpartition("\\")[2] if _WINDOWS_PATH.match(text) else text
    if _CONTROL.search(name):
        raise InvalidArgumentError("the file's name holds a control character")
    if len(name.encode()) > limits.FILE_NAME_BYTES:
        raise InvalidArgumentError(
            f"the file's name is longer than {limits.FILE_NAME_BYTES} bytes of UTF-8"
        )
    return name or None


def parse_mime_type(text: str) -> str | None:
    """Take the client's media type as it says; empty is none. It is a claim, not yet a fact.

    Raises:
        InvalidArgumentError: it could not be a header's value, or is too long.
    """
    return parse_header("the file's content type", text, limits.MIME_TYPE_BYTES)


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
