"""Boxes of ISO base media files, MP4 and QuickTime, found by their headers (ISO/IEC 14496-12)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BOXES = 64  # at the top level: one that has more is made of fragments, and its index is first
_ANY_END = 1 << 64
_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies, its header included, and where its content begins; in bytes."""

    kind: bytes
    start: int
    content: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes one after the other in memory; ends where a header makes no sense."""
    end = len(data) if end is None else min(end, len(data))
    while (box := _box(data[start : start + _LARGE_HEADER_BYTES], start, end)) is not None:
        yield box
        start = box.end


def headers(prefix: bytes) -> Iterator[Box]:
    """The boxes whose headers the beginning of a file shows; the last may end beyond it."""
    start = 0
    while (box := _box(prefix[start : start + _LARGE_HEADER_BYTES], start, _ANY_END)) is not None:
        yield box
        start = box.end


def find_box(stream: BinaryIO, size_bytes: int, kind: bytes) -> Box | None:
    """The first box of that kind at the top level of a file; reads headers alone."""
    position = 0
    for _ in range(_BOXES):
        stream.seek(position, io.SEEK_SET)
        box = _box(stream.read(_LARGE_HEADER_BYTES), position, size_bytes)
        if box is None or box.kind == kind:
            return box
        position = box.end
    return None


def _box(header: bytes, start: int, end: int) -> Box | None:
    """The box whose header stands at `start`, None where there is none that ends before `end`."""
    if len(header) < _HEADER_BYTES:
        return None
    length, content = int.from_bytes(header[:4]), _HEADER_BYTES
    if length == 1 and len(header) == _LARGE_HEADER_BYTES:
        length, content = int.from_bytes(header[8:16]), _LARGE_HEADER_BYTES
    elif length == 0:
        length = end - start  # the last one
    if length < content or start + length > end:
        return None
    return Box(header[4:8], start, start + content, start + length)
