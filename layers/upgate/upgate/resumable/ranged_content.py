"""A content that lies in pieces in the work bucket, of which only what is asked for is read."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import BinaryIO

from upgate import limits
from upgate.contents import crc32
from upgate.contents.content import PositionedReader
from upgate.resumable.piece import Piece
from upgate.resumable.work_bucket import WorkBucket

# A header is in the first window mostly; somebody who reads on gets larger ones.
_FIRST_WINDOW_BYTES = 64 * 1024
_LAST_WINDOW_BYTES = 1024 * 1024


class RangedContent:
    """A `content.IncomingContent` over pieces; its etag comes from their digests."""

    def __init__(
        self, work: WorkBucket, pieces: Sequence[Piece], etag: str, part_sizes: str = ""
    ) -> None:
        self._work = work
        self.part_sizes = part_sizes
        self._pieces = [piece for piece in pieces if piece.size_bytes]
        self._ends = list(accumulate(piece.size_bytes for piece in self._pieces))
        self.size_bytes = self._ends[-1] if self._ends else 0
        self.etag = etag

    def crc32(self) -> int:
        """CRC-32 of the whole out of the pieces'.

        Raises:
            NotImplementedError: a piece has none; v2 has no field to ask for it (protocol.md 4).
        """
        total = 0
        for piece in self._pieces:
            if piece.crc32 is None:
                raise NotImplementedError("the pieces of this content have no CRC-32")
            total = crc32.combine(total, piece.crc32, piece.size_bytes)
        return total

    def prefix(self) -> bytes:
        """The first limits.SNIFF_BYTES at most."""
        return self._prefix

    @cached_property
    def _prefix(self) -> bytes:
        return self.open().read(limits.SNIFF_BYTES)

    def open(self) -> BinaryIO:
        """A stream that asks S3 for ranges as they are read."""
        return io.BufferedReader(_RangeReader(self), _FIRST_WINDOW_BYTES)

    def read_at(self, position: int, length: int) -> bytes:
        """Bytes from a position on: one at least before the end, and never beyond a piece's.

        Raises:
            StorageFailedError: S3 failed.
        """
        if position >= self.size_bytes:
            return b""
        index = bisect_right(self._ends, position)
        piece, end = self._pieces[index], self._ends[index]
        length = min(length, end - position)
        return self._work.read_range(piece.name, position - (end - piece.size_bytes), length)


class _RangeReader(PositionedReader):
    """Reads windows, which grow while they are read one after the other."""

    def __init__(self, content: RangedContent) -> None:
        super().__init__(content.size_bytes)
        self._content = content
        self._window = b""
        self._window_start = 0
        self._window_bytes = _FIRST_WINDOW_BYTES

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        offset = self._position - self._window_start
        if not 0 <= offset < len(self._window):
            self._move_window()
            offset = 0
        piece = self._window[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _move_window(self) -> None:
        is_next = bool(self._window) and self._position == self._window_start + len(self._window)
        self._window_bytes = (
            min(self._window_bytes * 2, _LAST_WINDOW_BYTES) if is_next else _FIRST_WINDOW_BYTES
        )
        self._window = self._content.read_at(self._position, self._window_bytes)
        self._window_start = self._position
