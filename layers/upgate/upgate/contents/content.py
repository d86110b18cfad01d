"""The bytes of an upload as the rules see them, wherever they are: in memory, or parts in S3."""

from __future__ import annotations

import io
import zlib
from functools import cached_property
from typing import BinaryIO, Protocol

from upgate import limits
from upgate.contents import qetag
from upgate.intake.upload_request import Content


class IncomingContent(Protocol):
    """What the policy can ask about a content, without a promise that it is in memory."""

    @property
    def size_bytes(self) -> int: ...

    @property
    def etag(self) -> str: ...

    @property
    def part_sizes(self) -> str:
        """How it was cut, where the etag does not say it by itself (contents/part_sizes.py)."""
        ...

    def crc32(self) -> int:
        """CRC-32 (IEEE) of the whole content."""
        ...

    def prefix(self) -> bytes:
        """The first limits.SNIFF_BYTES at most."""
        ...

    def open(self) -> BinaryIO:
        """A new seekable stream over the content."""
        ...


class BufferedContent:
    """A content that came whole in one request; hashed when first asked for its etag."""

    part_sizes = ""

    def __init__(self, data: Content) -> None:
        self.data = data
        self.size_bytes = len(data)

    @cached_property
    def block_digests(self) -> list[bytes]:
        """SHA-1 of each 4 MiB block."""
        return qetag.block_digests(self.data)

    @property
    def etag(self) -> str:
        """The content's etag (protocol.md 5)."""
        return qetag.from_block_digests(self.block_digests)

    def crc32(self) -> int:
        """CRC-32 (IEEE) of the whole content."""
        return zlib.crc32(self.data)

    def prefix(self) -> bytes:
        """The first limits.SNIFF_BYTES at most."""
        return bytes(memoryview(self.data)[: limits.SNIFF_BYTES])

    def open(self) -> BinaryIO:
        """A stream that reads slices of the memory at hand: no second copy of the content."""
        return io.BufferedReader(_MemoryReader(memoryview(self.data)))


class PositionedReader(io.RawIOBase):
    """The part of a seekable raw stream that knows where it stands; `readinto` is another's."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        if start + offset < 0:
            raise ValueError("negative seek position")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position


class _MemoryReader(PositionedReader):
    """Over a memoryview (io.BytesIO would copy all of it first)."""

    def __init__(self, view: memoryview) -> None:
        super().__init__(len(view))
        self._view = view

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self._view[self._position : self._position + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
