"""GIF as browsers show it: what no frame covers is transparent, and so is what a frame clears.

Pillow paints both in the background colour, which no browser has done for twenty years; here it
decodes each frame by itself.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from upgate.images.forgiveness import forgiving
from upgate.images.gif_frames import Disposal, GifFrame, read_frames
from upgate.images.image_headers.header import ImageHeader
from upgate.images.picture import (
    Facts,
    ImagePixels,
    PictureGrowsError,
    Pixels,
    Size,
    Timing,
    UndecodableError,
)

if TYPE_CHECKING:
    from PIL import Image

_CLEAR = (0, 0, 0, 0)


class GifPicture:
    """A GIF whose frames are drawn one over the other."""

    def __init__(self, stream: BinaryIO, header: ImageHeader) -> None:
        stream.seek(0)
        data = stream.read()
        self._size = (header.width, header.height)
        self._frames = read_frames(data)
        self._drawn: Iterator[tuple[Image.Image, Timing]] | None = None
        self._next = 0
        frames = header.frames
        if frames is None:  # cut off, or more than its header's reader counts
            frames = sum(1 for _ in read_frames(data))
        self.facts = Facts(self._size, max(frames, 1))

    def draft(self, least: Size) -> Size:
        """GIF is decoded as a whole."""
        return self._size

    def pixels(self, frame: int, most: int) -> tuple[Pixels, Timing]:
        """Decode up to a frame; raises UndecodableError when there is none.

        What the first call says of `most` counts for all.
        """
        if self._drawn is None:
            self._drawn = self._draw(most)
        for number, (image, timing) in enumerate(self._drawn, self._next):
            if number == frame:
                self._next = number + 1
                return ImagePixels(image), timing
        raise UndecodableError("there is no such frame")

    def _draw(self, most: int) -> Iterator[tuple[Image.Image, Timing]]:
        from PIL import Image

        canvas: Image.Image | None = None
        for frame in self._frames:
            _admit(frame, most)
            timing = Timing(frame.duration, frame.loop)
            image = _decoded(frame)
            covers = frame.box == (0, 0, *self._size)
            if canvas is None and covers and self.facts.frames == 1:
                yield image, timing
                return
            before = canvas
            canvas = canvas.copy() if canvas is not None else Image.new("RGBA", self._size, _CLEAR)
            drawn = image.convert("RGBA")
            canvas.paste(drawn, frame.box[:2], drawn)
            yield _without_needless_alpha(canvas), timing
            if frame.disposal == Disposal.CLEAR:
                canvas.paste(_CLEAR, frame.box)
            elif frame.disposal == Disposal.RESTORE:
                canvas = before


def _admit(frame: GifFrame, most: int) -> None:
    """A frame may lie beyond the screen; how large it is was not admitted by the header."""
    left, top, right, bottom = frame.box
    pixels = (right - left) * (bottom - top)
    if not pixels:
        raise UndecodableError("a frame without pixels")
    if pixels > most:
        raise PictureGrowsError(f"a frame of {pixels} pixels")


def _decoded(frame: GifFrame) -> Image.Image:
    from PIL import GifImagePlugin

    image = GifImagePlugin.GifImageFile(io.BytesIO(frame.alone))
    with forgiving() if frame.is_cut else contextlib.nullcontext():
        image.load()
    if frame.is_cut and image.getbbox() is None:
        raise UndecodableError("no pixel could be decoded")
    return image


def _without_needless_alpha(canvas: Image.Image) -> Image.Image:
    """A picture of its own: the canvas is drawn on further."""
    is_opaque = canvas.getchannel("A").getextrema() == (255, 255)
    return canvas.convert("RGB") if is_opaque else canvas.copy()
