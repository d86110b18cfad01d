"""How a content was cut when it was sent: what `stat?needparts=true` tells (protocol.md 12).

Who has the file can make its hash again from these. The plain etag says it by itself (blocks of
4 MiB); the sizes behind a composite one are kept with the object, in a few characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from upgate import limits
from upgate.contents import qetag
from upgate.contents.qetag import BLOCK_BYTES

_SIZES = re.compile(r"[0-9]{1,13}(?:\*[0-9]{1,5})?(?:,[0-9]{1,13}(?:\*[0-9]{1,5})?)*")


def to_text(sizes: Sequence[int]) -> str:
    """`5242880*3,1234`; empty where it would have more than limits.PART_SIZES_BYTES."""
    runs = ((size, len(list(same))) for size, same in groupby(sizes))
    text = ",".join(f"{size}*{count}" if count > 1 else str(size) for size, count in runs)
    return text if len(text) <= limits.PART_SIZES_BYTES else ""


def of(etag: str, size_bytes: int, text: str | None) -> list[int] | None:
    """The sizes of the parts in order, by an object's etag, size and kept text.

    None where nobody knows them, or there are more than limits.LISTED_PART_SIZES.
    """
    if text is not None:
        sizes = _read(text)
        return sizes if sizes is not None and sum(sizes) == size_bytes else None
    if not qetag.is_plain(etag) or size_bytes > limits.LISTED_PART_SIZES * BLOCK_BYTES:
        return None
    whole, rest = divmod(size_bytes, BLOCK_BYTES)
    return [BLOCK_BYTES] * whole + ([rest] if rest or not whole else [])


def _read(text: str) -> list[int] | None:
    """Other tools may write metadata as well: nothing is believed of it."""
    if len(text) > limits.PART_SIZES_BYTES or not _SIZES.fullmatch(text):
        return None
    sizes: list[int] = []
    for run in text.split(","):
        size, _, count = run.partition("*")
        if len(sizes) + int(count or 1) > limits.LISTED_PART_SIZES:
            return None
        sizes += [int(size)] * int(count or 1)
    return sizes
