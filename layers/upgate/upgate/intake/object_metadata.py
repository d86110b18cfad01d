"""`x-qn-meta-*`: the client's own metadata, and its way through S3 and back (protocol.md 2.1).

S3 keeps metadata as HTTP headers, so it holds printable ASCII and nothing else. What is not goes
in as `UTF-8''` and percent-encoding (RFC 8187), which S3 does not touch; RFC 2047, which the S3
manual speaks of, S3 decodes and encodes again in its own way. S3 gives names back in lower case:
how the client spelled them stands in an entry of its own, where any has another case.
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
_ENTRY_PREFIX = "qn-"  # before each name: tells the client's entries from the gateway's own
_SPELLINGS_ENTRY = "upgate-names"


def is_metadata(field: str) -> bool:
    """Whether a field's name is that of metadata; its case does not matter."""
    return field[: len(PREFIX)].lower() == PREFIX


def from_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Pick the metadata out of an upload's fields: names as they were given, without the prefix.

    Kodo's special names (`!Content-Type`, `!Cache-Control`) are names like any other here.

    Raises:
        InvalidArgumentError: a name that is no header's name, or more than S3 holds.
    """
    metadata: dict[str, str] = {}
    seen: set[str] = set()
    for field, value in fields.items():
        if not is_metadata(field):
            continue
        name = field[len(PREFIX) :]
        if not field.isascii() or not _NAME.fullmatch(name.lower()):
            raise InvalidArgumentError(
                f"the name of an {PREFIX} field is empty or holds more than letters, digits and -"
            )
        if name.lower() in seen:
            raise InvalidArgumentError(f"the field {PREFIX}{name.lower()} is there twice")
        seen.add(name.lower())
        metadata[name] = value
    check_size(metadata)
    return metadata


def to_entries(metadata: Mapping[str, str]) -> dict[str, str]:
    """Entries of an object in S3; `from_entries` is the way back, for every text."""
    entries = {_ENTRY_PREFIX + name.lower(): _encode(value) for name, value in metadata.items()}
    spelled = [name for name in metadata if name != name.lower()]
    return entries | ({_SPELLINGS_ENTRY: ",".join(spelled)} if spelled else {})


def from_entries(entries: Mapping[str, str]) -> dict[str, str]:
    """The client's metadata of an object, as it was given; of other tools' entries nothing."""
    spelled = entries.get(_SPELLINGS_ENTRY, "").split(",")
    spellings = {name.lower(): name for name in spelled}
    names = (entry.removeprefix(_ENTRY_PREFIX) for entry in entries if is_entry(entry))
    return {
        spellings.get(name, name): _decode(entries[_ENTRY_PREFIX + name])
        for name in names
        if name != _SPELLINGS_ENTRY
    }


def is_entry(name: str) -> bool:
    """Whether an entry of an object is the client's metadata, or how that is spelled."""
    return name.startswith(_ENTRY_PREFIX) or name == _SPELLINGS_ENTRY


def check_size(metadata: Mapping[str, str]) -> None:
    """Refuse what S3 cannot keep beside the gateway's own entries.

    Raises:
        InvalidArgumentError: says how much it is.
    """
    size = sum(len(name) + len(value) for name, value in to_entries(metadata).items())
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
