"""The query of a download: one command, and parameters around it (protocol.md 9.5 to 9.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from upgate import limits
from upgate.errors import InvalidArgumentError

_COMMAND = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:[/|].*)?\Z", re.DOTALL)
_STORED_ONLY = "p/1/"  # 2013: a result that was made before, and nothing else


@dataclass(frozen=True, slots=True)
class DownloadQuery:
    """What a URL asks for: `fop` decoded, None for the object itself; `attname` a file's name.

    An empty `attname` is the object's own name.

    `stored_only` is the old `?p/1/<command>`: 404 unless the result is there.
    """

    fop: str | None = None
    attname: str | None = None
    stored_only: bool = False


def parse(query: str) -> DownloadQuery:
    """Read a query as it was sent. A parameter that nothing here knows is ignored.

    Raises:
        InvalidArgumentError: too long, not UTF-8, two commands, or a name that no header can hold.
    """
    if len(query) > limits.DOWNLOAD_QUERY_BYTES:
        raise InvalidArgumentError(f"the query has more than {limits.DOWNLOAD_QUERY_BYTES} bytes")
    fops: list[str] = []
    attname = None
    for piece in filter(None, query.split("&")):
        name, equals, value = piece.partition("=")
        if equals and name == "attname":
            attname = _attname(_decode(value, plus=True))
        elif _COMMAND.match(text := _decode(piece)) and not _is_parameter(text):
            fops.append(text)
    if len(fops) > 1:
        raise InvalidArgumentError("more than one command; join them with |")
    fop = fops[0] if fops else None
    if fop and fop.startswith(_STORED_ONLY):
        return DownloadQuery(fop.removeprefix(_STORED_ONLY), attname, stored_only=True)
    return DownloadQuery(fop, attname)


def _is_parameter(text: str) -> bool:
    """`name=value`; a command has its base64 padding behind a slash."""
    return "=" in re.split(r"[/|]", text, maxsplit=1)[0]


def _decode(text: str, *, plus: bool = False) -> str:
    try:
        return (unquote_plus if plus else unquote)(text, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidArgumentError("the query is not UTF-8") from error


def _attname(name: str) -> str | None:
    if not name.isprintable() or len(name.encode()) > limits.ATTNAME_BYTES:
        raise InvalidArgumentError(
            f"attname is a file's name of up to {limits.ATTNAME_BYTES} bytes"
        )
    return name
