"""The content hash of Kodo, `hash` in every answer (protocol.md 5).

It is made of digests of 4 MiB blocks, so it composes: whoever has the digests never needs the
bytes again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from upgate import encoding
from upgate.intake.upload_request import Content

BLOCK_BYTES = 4 * 1024 * 1024

_ONE_BLOCK = b"\x16"
_MANY_BLOCKS = b"\x96"
_COMPOSITE = b"\x9e"


def block_digests(content: Content) -> list[bytes]:
    """SHA-1 of each 4 MiB block, in order; an empty content has one empty block."""
    view = memoryview(content)
    starts = range(0, len(view), BLOCK_BYTES) or range(1)
    return [
        hashlib.sha1(view[start : start + BLOCK_BYTES], usedforsecurity=False).digest()
        for start in starts
    ]


def from_block_digests(digests: Sequence[bytes]) -> str:
    """The etag of a content from the digests of all its blocks (each 4 MiB, the last at most).

    Raises:
        ValueError: no digest; an empty content has one too.
    """
    if not digests:
        raise ValueError("a content has at least one block")
    if len(digests) == 1:
        return encoding.encode(_ONE_BLOCK + digests[0])
    return encoding.encode(_MANY_BLOCKS + _sha1(b"".join(digests)))


def from_parts(parts: Sequence[tuple[int, str]]) -> str:
    """The etag of a resumable v2 upload from (size in bytes, etag) of its parts, in order.

    Parts of exactly 4 MiB, the last at most, give the plain etag; any other cut the composite one.

    Raises:
        ValueError: no parts, or an etag that is not one.
    """
    if not parts:
        raise ValueError("an upload has at least one part")
    decoded = [encoding.decode(etag) for _, etag in parts]
    if any(len(etag) != 21 or etag[:1] not in (_ONE_BLOCK, _MANY_BLOCKS) for etag in decoded):
        raise ValueError("not an etag")
    digests = [digest[1:] for digest in decoded]
    *inner, last = [size for size, _ in parts]
    if all(size == BLOCK_BYTES for size in inner) and last <= BLOCK_BYTES:
        return from_block_digests(digests)
    return encoding.encode(_COMPOSITE + _sha1(b"".join(digests)))


def is_plain(etag: str) -> bool:
    """Whether an etag is that of the content alone, however it was cut (protocol.md 5)."""
    return etag[:1] in ("F", "l")


def of(content: Content) -> str:
    """The etag of a content that is at hand."""
    return from_block_digests(block_digests(content))


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
