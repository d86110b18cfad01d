"""The `/name/value` pairs in the paths of putb64 and mkfile (protocol.md 2.7, 3).

The front door has undone percent-encoding once before the path gets here; nothing here does it
again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from upgate import encoding, limits
from upgate.errors import InvalidArgumentError
from upgate.intake import object_metadata, upload_field
from upgate.intake.upload_request import UploadRequest

_ENCODED_FIELDS = frozenset(("key", "mimeType", "fname"))
_CRC32 = "crc32"
# No reason to refuse a file, whatever bytes they are.
_ANY_TEXT: Mapping[str, Callable[[str], str]] = {
    "fname": lambda value: upload_field.decode_file_name(encoding.decode(value)),
    "mimeType": lambda value: encoding.decode(value).decode(errors="replace"),
}
# js-sdk 2.x writes the colon so, and a front door may leave it (protocol.md 16).
_ESCAPED_CUSTOM_PREFIX = re.compile(r"x%3a", re.ASCII | re.IGNORECASE)


def split_path(path: str, command: str) -> tuple[str, list[str]]:
    """Part `/<command>/<size>[/<name>/<value>]*` into the size's text and the rest's segments.

    Raises:
        InvalidArgumentError: too long, not UTF-8, or another path.
    """
    try:
        size_bytes = len(path.encode())
    except UnicodeEncodeError:
        raise InvalidArgumentError("path is not UTF-8") from None
    if size_bytes > limits.ENCODED_PATH_BYTES:
        raise InvalidArgumentError(f"path longer than {limits.ENCODED_PATH_BYTES} bytes")
    empty, *segments = path.split("/")
    if empty or len(segments) < 2 or segments[0] != command:
        raise InvalidArgumentError(f"path is not /{command}/<size>")
    return segments[1], segments[2:]


def parse_size(text: str) -> int:
    """Read a size in bytes.

    Raises:
        InvalidArgumentError: not a decimal number.
    """
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise InvalidArgumentError("the size in the path is not a decimal number")
    return int(text)


def parse_pairs(segments: Sequence[str], token: str) -> UploadRequest:
    """Build the request from the pairs, in whatever order; unknown ones are ignored.

    An empty segment after `key` is the empty key. Values are URL-safe base64, save crc32's.

    Raises:
        InvalidArgumentError: a name without a value, a name twice, a value outside its syntax.
    """
    fields = _fields(segments)
    crc32 = fields.get(_CRC32)
    return UploadRequest(
        token=token,
        key=fields.get("key"),
        file_name=upload_field.parse_file_name(fields.get("fname", "")),
        mime_type=upload_field.parse_mime_type(fields.get("mimeType", "")),
        crc32=None if crc32 is None else upload_field.parse_crc32(crc32),
        custom_variables=upload_field.custom_variables(fields),
        metadata=object_metadata.from_fields(fields),
    )


def _fields(segments: Sequence[str]) -> dict[str, str]:
    if len(segments) % 2:
        raise InvalidArgumentError("the path's last name has no value")
    fields: dict[str, str] = {}
    for name, value in zip(segments[::2], segments[1::2], strict=True):
        name = _ESCAPED_CUSTOM_PREFIX.sub(upload_field.CUSTOM_VARIABLE_PREFIX, name, count=1)
        if name in fields:
            raise InvalidArgumentError(f"the path has a name twice: {name[:64]!a}")
        if name == _CRC32:
            fields[name] = value
        elif _is_encoded(name):
            fields[name] = _decode(name, value)
    return fields


def _is_encoded(name: str) -> bool:
    return (
        name in _ENCODED_FIELDS
        or name.startswith(upload_field.CUSTOM_VARIABLE_PREFIX)
        or object_metadata.is_metadata(name)
    )


def _decode(name: str, value: str) -> str:
    decode = _ANY_TEXT.get(name, encoding.decode_text)
    try:
        return decode(value)
    except ValueError as error:
        raise InvalidArgumentError(
            f"a value in the path is not URL-safe base64 of UTF-8 text: {name[:64]!a}"
        ) from error
