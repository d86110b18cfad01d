"""`x-qn-meta-*`: the client's own metadata, and its way through S3 and back (protocol.md 2.1).

S3 keeps metadata as HTTP headers, so it holds printable ASCII and nothing else. What is not goes
in as `UTF-8''` and percent-encoding (RFC 8187), which S3 does not touch; RFC 2047, which the S3
manual speaks of, S3 decodes and encodes again in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from upgate import limits
from upgate.errors import InvalidArgumentError

PREFIX = "x-qn-meta-"

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")  # RFC 9110, 5.6.2, in lower case
_PLAIN = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?")
_MARK = "UTF-8''"
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"  # RFC 8187, 3.2.1, beside letters and digits
# Storage writes a short prefix before each name, to tell the client's entries from its own.
_ENTRY_BYTES = 3


def is_metadata(field: str) -> bool:
    """Whether a field's name is that of metadata; its case does not matter."""
    return field[: len(PREFIX)].lower() == PREFIX


def from_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Pick the metadata out of an upload's fields: names in lower case and without the prefix.

    Kodo's special names (`!content-type`, `!cache-control`) are names like any other here.

    Raises:
        InvalidArgumentError: a name that is no header's name, or more than S3 holds.
    """
    metadata: dict[str, str] = {}
    for field, value in fields.items():
        if not is_metadata(field):
            continue
        name = field[len(PREFIX) :].lower()
        if not field.isascii() or not _NAME.fullmatch(name):
            raise InvalidArgumentError(
                f"the name of an {PREFIX} field is empty or holds more than letters, digits and -"
            )
        if name in metadata:
            raise InvalidArgumentError(f"the field {PREFIX}{name} is there twice")
        metadata[name] = value
    _check_size(metadata)
    return metadata


def to_s3(metadata: Mapping[str, str]) -> dict[str, str]:
    """Write the values as S3 can keep them; `from_s3` is the way back, for every text."""
    return {name: _encode(value) for name, value in metadata.items()}


def from_s3(metadata: Mapping[str, str]) -> dict[str, str]:
    """Read the values as the client gave them; what another tool wrote stays as it is."""
    return {name: _decode(value) for name, value in metadata.items()}


def _check_size(metadata: Mapping[str, str]) -> None:
    size = sum(_ENTRY_BYTES + len(name) + len(value) for name, value in to_s3(metadata).items())
    if size > limits.METADATA_BYTES:
        raise InvalidArgumentError(
            f"the {PREFIX} fields take {size} bytes, at most {limits.METADATA_BYTES} are allowed"
        )


def _encode(value: str) -> str:
    if _PLAIN.fullmatch(value) and not value.startswith(_MARK):
        return value
    return _MARK + quote(value, safe=_ATTRIBUTE_CHARACTERS)


def _decode(value: str) -> str:
    if not value.startswith(_MARK):
        return value
    try:
        return unquote(value.removeprefix(_MARK), errors="strict")
    except UnicodeDecodeError:
        return value
