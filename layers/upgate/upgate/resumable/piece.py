"""One object in the work bucket that will be part of a user's object."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the bytes are, and what they are known by: `etag` is theirs (protocol.md 5)."""

    name: str
    size_bytes: int
    etag: str
    crc32: int | None = None
