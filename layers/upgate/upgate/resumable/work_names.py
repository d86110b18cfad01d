"""Names in the work bucket. Every one stands for its bytes: none is ever written with others.

So nothing there needs a lock, a lost race leaves a second copy of the same, and a crash leaves
garbage that the bucket's lifecycle removes. Marks alone are written once, by S3's conditional
write: the first one counts. Sorted as S3 lists them, `closed` comes before `glued` and `part`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from upgate.resumable.piece import Piece

_PART = re.compile(r"part/(\d{5})/(\d+)-([A-Za-z0-9_-]{28})-([0-9a-f]{32})", re.ASCII)
_GLUED = re.compile(r"glued/(\d{5})/(\d+)-[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a v2 upload, as its name tells it."""

    number: int
    size_bytes: int
    etag: str
    md5: str


def block(block_id: bytes, offset: int, sha1: bytes) -> str:
    """A v1 block so far."""
    return f"v1/{block_id.hex()}/{offset:07d}-{sha1.hex()}"


def made_file(upload_id: str) -> str:
    """The mark of a v1 upload whose object was made."""
    return f"v1/made/{upload_id}"


def session(session_id: str) -> str:
    """The prefix of all that belongs to a v2 upload."""
    return f"v2/{session_id}/"


def closed(session_id: str) -> str:
    """The mark of a v2 upload that is aborted, or that one complete has taken."""
    return f"{session(session_id)}closed"


def made_upload(session_id: str) -> str:
    """The mark of a v2 upload whose object was made."""
    return f"{session(session_id)}made"


def parts_after(session_id: str, number: int) -> str:
    """Sorts behind all of this number's parts, and before the next number's."""
    return f"{session(session_id)}part/{number:05d}~"


def part(session_id: str, item: Part) -> str:
    """A part as it came."""
    size_etag_md5 = f"{item.size_bytes}-{item.etag}-{item.md5}"
    return f"{session(session_id)}part/{item.number:05d}/{size_etag_md5}"


def part_piece(session_id: str, item: Part) -> Piece:
    """Where a part's bytes are."""
    return Piece(part(session_id, item), item.size_bytes, item.etag)


def parse_part(session_id: str, name: str) -> Part | None:
    """The part of a name, None if it is not one's."""
    match = _PART.fullmatch(name.removeprefix(session(session_id)))
    return Part(int(match[1]), int(match[2]), match[3], match[4]) if match else None


def glued(session_id: str, items: Sequence[Part]) -> str:
    """Consecutive parts as one object."""
    digest = hashlib.sha256("".join(item.etag for item in items).encode()).hexdigest()[:32]
    return f"{session(session_id)}glued/{items[0].number:05d}/{len(items)}-{digest}"


def parse_glued(session_id: str, name: str) -> tuple[int, int] | None:
    """(first number, count) of a glued object's name, None if it is not one's."""
    match = _GLUED.fullmatch(name.removeprefix(session(session_id)))
    return (int(match[1]), int(match[2])) if match else None
