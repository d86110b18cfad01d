"""The Content-Disposition header of a form's part (RFC 7578, 4.2), as clients really write it.

There are two ways to escape a name and no mark that says which one it is (protocol.md 2.2):
browsers, Node, requests and curl write `%22 %0D %0A`; PHP, Go, Android and iOS put a backslash
before a quote and before a backslash. One backslash escape in a value settles it for that value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

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
        ValueError: not `form-data`, no name, a name that is not UTF-8, a repeated or broken
            parameter.
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
        match = _PARAMETER.match(value, position)
        if match is None:
            raise ValueError("a part's Content-Disposition cannot be read")
        position = match.end()
        if match["name"] is None:
            continue
        name = match["name"].decode("ascii").lower()
        if name in parameters:
            raise ValueError(f"a part's Content-Disposition has two parameters {name}")
        parameters[name] = _value(match)
    return parameters


def _value(match: re.Match[bytes]) -> bytes:
    if match["bare"] is not None:
        return match["bare"].rstrip(b" \t")
    raw = match["quoted"] if match["escaped"] is None else match["escaped"]
    if match["escaped"] is not None and _BACKSLASH_ESCAPE.search(raw):
        return _BACKSLASH_ESCAPE.sub(rb"\1", raw)
    return raw.replace(b"%22", b'"').replace(b"%0D", b"\r").replace(b"%0A", b"\n")


def _file_name(parameters: dict[str, bytes]) -> str | None:
    if "filename*" in parameters:
        return _extended_value(parameters["filename*"])
    raw = parameters.get("filename")
    return None if raw is None else _decode(raw)


def _extended_value(value: bytes) -> str:
    """Decode `charset'language'percent-encoded` (RFC 8187, 3.2)."""
    match = _EXTENDED.fullmatch(value)
    if match is None:
        raise ValueError("a part's filename* is not in the form of RFC 8187")
    try:
        return unquote_to_bytes(match[2]).decode(match[1].decode("ascii"))
    except UnicodeDecodeError:
        raise ValueError("a part's filename* is not in the charset that it names") from None


def _decode(raw: bytes) -> str:
    """Decode a file name that says nothing of its charset.

    Everything official sends UTF-8. What is not, comes from a form on a page in GBK; the rest is
    read as Latin-1, which never fails, because a name is no reason to lose a file.
    """
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
