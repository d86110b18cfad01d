"""The frames of a GIF as its blocks tell them (GIF89a, 15 to 26); no pixel is decoded here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from upgate import limits
from upgate.images.picture import UndecodableError

_SCREEN_BYTES = 13
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_HAS_TABLE, _TABLE_SIZE, _INTERLACED = 0x80, 0x07, 0x40
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


class Disposal(IntEnum):
    """What becomes of a frame when the next one is drawn."""

    KEEP = 1
    CLEAR = 2
    RESTORE = 3


@dataclass(frozen=True, slots=True)
class GifFrame:
    """One frame: where it lies on the screen, and a GIF of its own that holds nothing else.

    `loop` is what has been said so far: how often all is repeated, 0 for ever, None once.
    """

    box: tuple[int, int, int, int]
    disposal: int
    duration: int
    loop: int | None
    has_transparency: bool
    is_cut: bool
    alone: bytes


class _EndedError(Exception):
    """The data ends."""


class _Blocks:
    """Reads a GIF's blocks one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        data = self._data[self._at : self._at + count]
        if len(data) < count:
            raise _EndedError
        self._at += count
        return data

    def sub_blocks(self) -> tuple[bytes, bool]:
        """Sub-blocks with their end, and whether they were cut; what is there is what counts."""
        start = self._at
        while self._at < len(self._data):
            size = self._data[self._at]
            if self._at + 1 + size > len(self._data):
                break
            self._at += 1 + size
            if not size:
                return self._data[start : self._at], False
        cut = self._data[self._at + 1 :]
        whole, self._at = self._data[start : self._at], len(self._data)
        return whole + (bytes((len(cut),)) + cut if cut else b"") + b"\0", True


def read_frames(data: bytes) -> Iterator[GifFrame]:
    """Frame by frame up to the trailer or to where the data ends.

    Raises UndecodableError for more than limits.IMAGE_SEGMENTS extensions before a frame.
    """
    blocks = _Blocks(data)
    try:
        yield from _frames(blocks)
    except _EndedError:
        return


def _frames(blocks: _Blocks) -> Iterator[GifFrame]:
    screen = blocks.take(_SCREEN_BYTES)
    global_table = _table(blocks, screen[10])
    control, loop, extensions = b"\0\0\0\0", None, 0
    while (kind := blocks.take(1)[0]) != _TRAILER:
        if kind == _EXTENSION:
            label = blocks.take(1)[0]
            body, _ = blocks.sub_blocks()
            if label == _GRAPHIC_CONTROL and body[0] == 4 and len(body) >= 5:
                control = body[1:5]
            elif label == _APPLICATION:
                loop = _loop(body, loop)
            extensions += 1
            if extensions > limits.IMAGE_SEGMENTS:
                raise UndecodableError("more extensions than are read")
        elif kind == _IMAGE:
            yield _frame(blocks, screen, global_table, control, loop)
            control, extensions = b"\0\0\0\0", 0
        else:
            return


def _table(blocks: _Blocks, flags: int) -> bytes:
    return blocks.take(3 << ((flags & _TABLE_SIZE) + 1)) if flags & _HAS_TABLE else b""


def _loop(body: bytes, before: int | None) -> int | None:
    if body[1:12] not in _LOOPS or body[12:14] != b"\3\1" or len(body) < 16:
        return before
    return int.from_bytes(body[14:16], "little")


def _frame(
    blocks: _Blocks, screen: bytes, global_table: bytes, control: bytes, loop: int | None
) -> GifFrame:
    descriptor = blocks.take(9)
    left, top, width, height = (
        int.from_bytes(descriptor[at : at + 2], "little") for at in (0, 2, 4, 6)
    )
    table = _table(blocks, descriptor[8]) or global_table
    code_size = blocks.take(1)
    pixels, is_cut = blocks.sub_blocks()
    flags = descriptor[8] & _INTERLACED
    if table:
        flags |= _HAS_TABLE | ((len(table) // 3).bit_length() - 2)
    alone = (
        b"GIF89a" + descriptor[4:8] + b"\0\0\0",
        b"\x21\xf9\4" + control + b"\0",
        b"\x2c\0\0\0\0" + descriptor[4:8] + bytes((flags,)) + table,
        code_size + pixels + b"\x3b",
    )
    return GifFrame(
        box=(left, top, left + width, top + height),
        disposal=control[0] >> 2 & 7,
        duration=int.from_bytes(control[1:3], "little") * 10,
        loop=loop,
        has_transparency=bool(control[0] & 1),
        is_cut=is_cut,
        alone=b"".join(alone),
    )
