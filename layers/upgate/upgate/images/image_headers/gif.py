"""GIF: the screen descriptor, and the frames counted by walking over them (GIF89a, section 15)."""

from __future__ import annotations

from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_WINDOW_BYTES = 64 * 1024


def read_gif(stream: BinaryIO) -> ImageHeader:
    """Read the header and count the frames; raises BrokenImageError.

    `frames` stays None when the data ends in the middle of a frame or has more than
    limits.IMAGE_GIF_BLOCKS sub-blocks: a wrong count would be worse than none.
    """
    stream.seek(6)
    screen = take(stream, 7)
    width, height = int.from_bytes(screen[:2], "little"), int.from_bytes(screen[2:4], "little")
    walk = _Walk(stream)
    walk.skip(_table_bytes(screen[4]))
    frames = walk.count_frames()
    flags = screen[4] if screen[4] & 0x80 else walk.first_image_flags
    return ImageHeader("gif", width, height, f"palette{_table_bytes(flags) // 3}", frames)


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


class _Walk:
    """A walk over the blocks through a window of the stream: a sub-block may be one byte long."""

    __slots__ = ("_at", "_stream", "_window", "blocks", "first_image_flags")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._window = b""
        self._at = 0
        self.blocks = 0
        self.first_image_flags = 0

    def byte(self) -> int:
        """The next byte; raises BrokenImageError at the end of the data."""
        while self._at >= len(self._window):
            self._at -= len(self._window)
            self._window = self._stream.read(_WINDOW_BYTES)
            if not self._window:
                raise BrokenImageError("the picture ends early")
        self._at += 1
        return self._window[self._at - 1]

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""
        self._at += count

    def count_frames(self) -> int | None:
        """The number of frames up to the trailer, or None as `read_gif` says."""
        frames = 0
        try:
            while (kind := self.byte()) != _TRAILER:
                if kind == _EXTENSION:
                    self.skip(1)
                elif kind == _IMAGE:
                    self._image_descriptor(is_first=frames == 0)
                    frames += 1
                else:
                    return None
                self._sub_blocks()
        except BrokenImageError:
            return None
        return frames

    def _image_descriptor(self, *, is_first: bool) -> None:
        self.skip(8)
        flags = self.byte()
        if is_first:
            self.first_image_flags = flags
        self.skip(_table_bytes(flags) + 1)

    def _sub_blocks(self) -> None:
        while size := self.byte():
            self.skip(size)
            self.blocks += 1
            if self.blocks > limits.IMAGE_GIF_BLOCKS:
                raise BrokenImageError("more sub-blocks than are counted")
