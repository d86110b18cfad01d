"""The Content-Disposition header of a form's part (RFC 7578, 4.2), as clients really write it.

There are three ways to escape a name and no mark that says which one it is (protocol.md 2.2):
browsers, Node, requests and curl write `%22 %0D %0A` and nothing else so; PHP, Go, Android and iOS
put a backslash before a quote and before a backslash; aiohttp and needle percent-encode all of a
file's name. One backslash escape in a value settles it for that value, and a name is undone as a
whole only where it has one of the three, has others too, and has no character left that such a
client would have encoded. A file's name is never refused: what can be read of it is its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from upgate.intake.upload_field import decode_file_name

# A value in quotes is read with backslash escapes first. Where that leaves no closing quote, the
# client does not escape backslashes: a browser's `filename="a\"`. Possessive, so always linear.
_PARAMETER = re.compile(
    rb"""[ \t]*;[ \t]*
    (?:(?P<name>[A-Za-z0-9_-]+\*?)[ \t]*=[ \t]*
       (?:"(?P<escaped>(?:[^"\\]|\\.)*+)" | "(?P<quoted>[^"]*+)" | (?P<bare>[^";]*+))
    )?
    [ \t]*(?=;|\Z)""",
    re.VERBOSE | re.DOTALL,
)
# A file's name with a quote in it that nobody escaped, or without the one that ends it.
_LOOSE_FILE_NAME = re.compile(
    rb"""[ \t]*;[ \t]*(?P<name>filename)[ \t]*=[ \t]*
    (?:"(?P<quoted>.*?)(?:"(?=[ \t]*(?:;[ \t]*[A-Za-z0-9_-]+\*?[ \t]*=|[; \t]*\Z))|\Z)
     | (?P<bare>[^;]*)
    )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BROWSER_ESCAPE = re.compile(rb"%(?:22|0D|0A)")
_OTHER_ESCAPE = re.compile(rb"%(?!22|0D|0A)")
_ALL_ENCODED = re.compile(rb"(?:[A-Za-z0-9_.~!'()*-]|%[0-9A-F]{2})*")
_BACKSLASH_ESCAPE = re.compile(rb'\\(["\\])')
_EXTENDED = re.compile(rb"(utf-8|iso-8859-1)'[^']*'((?:[^%]|%[0-9A-F]{2})*+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ContentDisposition:
    """What the header says: the field's name, and the file's where the part is a file."""

    name: str
    file_name: str | None


def parse(value: bytes) -> ContentDisposition:
    """Read the header's value; `file_name` is as sent, without judgement on paths in it.

    `filename*` wins over `filename`: RFC 7578 forbids it here, old versions of urllib3 send it.

    Raises:
        ValueError: not `form-data`, no name of the field or one that is not UTF-8, a parameter
            that is repeated or, unless it is the file's name, broken.
    """
    disposition, semicolon, _ = value.partition(b";")
    if disposition.strip().lower() != b"form-data":
        raise ValueError("a part's Content-Disposition is not form-data")
    parameters = _parameters(value, len(disposition)) if semicolon else {}
    if "name" not in parameters:
        raise ValueError("a part has no name")
    try:
        name = parameters["name"].decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("a part's name is not UTF-8") from None
    return ContentDisposition(name, _file_name(parameters))


def _parameters(value: bytes, position: int) -> dict[str, bytes]:
    parameters: dict[str, bytes] = {}
    while position < len(value):
        match = _PARAMETER.match(value, position) or _LOOSE_FILE_NAME.match(value, position)
        if match is None:
            raise ValueError("a part's Content-Disposition cannot be read")
        position = match.end()
        if match["name"] is None:
            continue
        name = match["name"].decode("ascii").lower()
        if name in parameters:
            raise ValueError(f"a part's Content-Disposition has two parameters {name}")
        parameters[name] = _value(name, match.groupdict())
    return parameters


def _value(name: str, match: Mapping[str, bytes | None]) -> bytes:
    if (bare := match["bare"]) is not None:
        return bare.rstrip(b" \t")
    escaped = match.get("escaped")
    if escaped is not None and _BACKSLASH_ESCAPE.search(escaped):
        return _BACKSLASH_ESCAPE.sub(rb"\1", escaped)
    raw = (match["quoted"] if escaped is None else escaped) or b""
    if name == "filename" and _is_all_encoded(raw):
        return unquote_to_bytes(raw)
    return _BROWSER_ESCAPE.sub(lambda found: unquote_to_bytes(found[0]), raw)


def _is_all_encoded(raw: bytes) -> bool:
    """Whether a client that percent-encodes whole names has written one that needs undoing."""
    if not (_BROWSER_ESCAPE.search(raw) and _OTHER_ESCAPE.search(raw)):
        return False
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _ALL_ENCODED.fullmatch(raw) is not None


def _file_name(parameters: dict[str, bytes]) -> str | None:
    extended = parameters.get("filename*")
    name = None if extended is None else _extended_value(extended)
    raw = parameters.get("filename")
    return decode_file_name(raw) if name is None and raw is not None else name


def _extended_value(value: bytes) -> str | None:
    """Decode `charset'language'percent-encoded` (RFC 8187, 3.2); None if it is none."""
    match = _EXTENDED.fullmatch(value)
    if match is None:
        return None
    raw = unquote_to_bytes(match[2])
    return raw.decode("latin-1") if match[1].lower() == b"iso-8859-1" else decode_file_name(raw)
