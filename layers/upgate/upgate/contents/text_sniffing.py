"""Content without a signature: whether it is text, and of which kind (WHATWG MIME Sniffing, 7.1).

Wider than the standard in one way, since here "text/plain" is a promise to a browser: a byte order
mark does not hide HTML, and more tags than the standard's seventeen begin it.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Final

_BINARY: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_HTML: Final = re.compile(
    r"\s*<(?:!--|(?:!doctype\s+html|html|head|body|script|iframe|frameset|style|title|base|meta"
    r"|link|template|noscript|h[1-6]|div|font|table|a|b|br|p|i|u|hr|span|img|form|input|button"
    r"|textarea|select|object|embed|applet|audio|video|canvas|marquee|center|ul|ol|li|details"
    r"|main|section|article|nav|header|footer|aside|math)(?=[\s/>]))",
    re.IGNORECASE,
)
# What may stand before the root element: a declaration, instructions, comments, a document type.
_XML_PROLOG: Final = re.compile(
    r"\s*(?:<\?[^>]*\?>\s*|<!--(?:(?!-->).)*-->\s*|<!doctype\b(?:[^\[>]|\[[^\]]*\])*>\s*)*",
    re.IGNORECASE | re.DOTALL,
)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)(?=[\s/>])")
_JSON_START: Final = re.compile(r'\s*(?:\{\s*"|\[\s*(?:\{\s*"|"|\[))')
_ROOTS: Final = {"svg": "image/svg+xml", "html": "application/xhtml+xml"}


def sniff_text(data: bytes, *, is_whole: bool) -> str | None:
    """The media type if `data` is text, None if it is empty or binary.

    `is_whole` says that the content ends here; otherwise the last character may be cut.
    """
    text = _decode(data, is_whole=is_whole)
    if not text:
        return None
    return _markup(text) or _json(text, is_whole=is_whole) or "text/plain"


def _decode(data: bytes, *, is_whole: bool) -> str | None:
    """UTF-16 with a byte order mark, UTF-8, or GB 18030: what clients of this protocol write."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_as("utf-16", data, is_whole=is_whole)
    if _BINARY.search(data):
        return None
    text = _decode_as("utf-8-sig", data, is_whole=is_whole)
    return text if text is not None else _decode_as("gb18030", data, is_whole=is_whole)


def _decode_as(encoding: str, data: bytes, *, is_whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(data, final=is_whole)
    except UnicodeDecodeError:
        return None


def _markup(text: str) -> str | None:
    start = text.lstrip()
    if start.startswith("<?xml"):
        return _ROOTS.get(_root(text), "application/xml")
    # A comment or a document type may come before the root of an SVG as well.
    if start.startswith("<") and _root(text) == "svg":
        return _ROOTS["svg"]
    return "text/html" if _HTML.match(text) else None


def _root(text: str) -> str:
    """The local name of the root element, empty if there is none in sight."""
    prolog = _XML_PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    return root[1] if root else ""


def _json(text: str, *, is_whole: bool) -> str | None:
    if not is_whole:
        return "application/json" if _JSON_START.match(text) else None
    if not text.lstrip().startswith(("{", "[")):
        return None  # a bare number or word is JSON too, and more often just text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return "application/json"
