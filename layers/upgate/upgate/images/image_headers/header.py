"""What every format's header reader returns, and how they all read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from upgate.images.image_headers.heif_transforms import HeifPicture


class BrokenImageError(ValueError):
    """The bytes are not the picture that their signature announces."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """A picture by its header.

    `width` and `height` are in pixels as stored: EXIF's orientation is a hint, and does not turn
    them. What a HEIF file does to its picture does: there they are what is shown. `color_model` is
    the lower-case name of Go's image/color model, which is what Kodo answers with. `frames` is for
    GIF only. `exif` is a stream whose first byte is the TIFF header of the EXIF data. `heif` is for
    HEIC and AVIF.
    """

    format: str
    width: int
    height: int
    color_model: str
    frames: int | None = None
    exif: BinaryIO | None = None
    heif: HeifPicture | None = None


def take(stream: BinaryIO, count: int) -> bytes:
    """Exactly `count` bytes; raises BrokenImageError when the stream ends before."""
    data = stream.read(count)
    if len(data) != count:
        raise BrokenImageError("the picture ends early")
    return data
