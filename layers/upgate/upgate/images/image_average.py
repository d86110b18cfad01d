"""The value of $(imageAve.RGB): a picture's mean colour (protocol.md 6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from upgate.images.eight_bits import needs_all_pixels, to_eight_bits
from upgate.images.picture import Pixels
from upgate.images.pictures import with_pixels

if TYPE_CHECKING:
    from PIL import Image

_DRAFT_PIXELS = (64, 64)
_STRIP_ROWS = 256


def average_colour(stream: BinaryIO) -> str | None:
    """The mean of the picture's pixels as "0x85694d" (lower-case hex), None if it has none.

    A JPEG is averaged from its eighth-size draft, an animation from its first frame. A transparent
    pixel counts as much as it is opaque; a picture without an opaque pixel is "0x000000".
    """
    return with_pixels(stream, _average, draft=_DRAFT_PIXELS)


def _average(pixels: Pixels) -> str:
    totals = [0, 0, 0, 0]
    for strip in _strips(pixels):
        for channel, total in enumerate(_totals(strip)):
            totals[channel] += total
    red, green, blue, opacity = totals
    mean = [round(255 * total / opacity) if opacity else 0 for total in (red, green, blue)]
    return "0x" + bytes(min(value, 255) for value in mean).hex()


def _strips(pixels: Pixels) -> Iterator[Image.Image]:
    """The picture in 8 bits a channel, in pieces: only one of them is held beside it."""
    height = pixels.size[1]
    first = pixels.band(0, min(_STRIP_ROWS, height))
    if needs_all_pixels(first):
        yield to_eight_bits(pixels.whole())
        return
    yield to_eight_bits(first)
    for top in range(_STRIP_ROWS, height, _STRIP_ROWS):
        yield to_eight_bits(pixels.band(top, min(top + _STRIP_ROWS, height)))


def _totals(strip: Image.Image) -> list[int]:
    """Sums of red, green, blue, each weighted by opacity, and of opacity."""
    # RGBa is Pillow's RGBA with the colours multiplied by alpha.
    histogram = strip.convert("RGBA").convert("RGBa").histogram()
    return [
        sum(value * count for value, count in enumerate(histogram[start : start + 256]))
        for start in range(0, 1024, 256)
    ]
