"""The one place where a picture is decoded: hostile bytes give UndecodableError and nothing else.

What is decoded has been admitted by its header before Pillow is imported at all, only the decoder
of its format is imported, and none is left to guess another one.
"""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.header import ImageHeader
from upgate.images.image_headers.reading import read_header
from upgate.images.picture import Facts, Picture, Pixels, Size, Timing, UndecodableError

_PIXEL_BYTES = 4


@contextlib.contextmanager
def decoding() -> Iterator[None]:
    """Around every call that decodes: whatever it raises becomes UndecodableError.

    Warnings are not heard. A MemoryError counts as "cannot be decoded": the size of what was
    allocated was the client's choice.
    """
    from PIL import Image

    # Pillow's documented exceptions and those its plugins were seen to raise for hostile bytes.
    broken = (
        Image.DecompressionBombError,
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        SyntaxError,
        TypeError,
        ValueError,
        struct.error,
        zlib.error,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except UndecodableError:
            raise
        except broken as error:
            raise UndecodableError(str(error)) from error


class _Guarded:
    """A picture whose decoder may raise anything."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    @property
    def facts(self) -> Facts:
        return self._picture.facts

    def draft(self, least: Size) -> Size:
        with decoding():
            return self._picture.draft(least)

    def pixels(self, frame: int, most: int) -> tuple[Pixels, Timing]:
        with decoding():
            return self._picture.pixels(frame, most)


def open_admitted(stream: BinaryIO, header: ImageHeader) -> Picture:
    """The picture of a stream whose header was admitted; nothing is decoded yet.

    Raises NoDecoderError for a format without a decoder here, and UndecodableError for a broken
    picture. The stream stays the caller's to close, after the picture's last use.
    """
    with decoding():
        return _Guarded(_opened(stream, header))


def _opened(stream: BinaryIO, header: ImageHeader) -> Picture:
    if header.format == "heic":
        from upgate.images.heic_picture import HeicPicture

        return HeicPicture(stream, header)
    if header.format == "gif":
        from upgate.images.gif_picture import GifPicture

        return GifPicture(stream, header)
    from upgate.images.pillow_picture import PillowPicture

    return PillowPicture(stream, header)


def with_pixels[T](
    stream: BinaryIO, use: Callable[[Pixels], T], *, draft: Size | None = None
) -> T | None:
    """Decode a picture and return what `use` makes of it, None for whatever cannot be decoded.

    `draft` is the least size in pixels that will do: a JPEG is then decoded at down to an eighth of
    its own. None as well for a format without a decoder here, and for a picture beyond
    limits.IMAGE_SIDE_PIXELS, limits.IMAGE_PIXELS or limits.IMAGE_DECODE_PIXELS.
    """
    header = read_header(stream)
    if header is None or not _is_admitted((header.width, header.height)):
        return None
    try:
        picture = open_admitted(stream, header)
        if not _is_admitted(picture.facts.size):
            return None
        # Decoders that hold more than 4 bytes for a pixel count as more pixels.
        weight = picture.facts.decoder_bytes / _PIXEL_BYTES
        if decoded_pixels(picture, header, draft) * weight > limits.IMAGE_DECODE_PIXELS:
            return None
        pixels, _ = picture.pixels(0, limits.IMAGE_DECODE_PIXELS)
        with decoding():
            return use(pixels)
    except UndecodableError:
        return None


def _is_admitted(size: Size) -> bool:
    return (
        min(size) > 0
        and max(size) <= limits.IMAGE_SIDE_PIXELS
        and size[0] * size[1] <= limits.IMAGE_PIXELS
    )


def decoded_pixels(picture: Picture, header: ImageHeader, draft: Size | None) -> int:
    """How many pixels decoding will hold; has a JPEG decoded in the draft that is asked for."""
    facts = picture.facts
    width, height = facts.size
    if header.heif is not None:  # what is shown may be a small part of what is decoded
        width, height = header.heif.coded_size
    if draft is not None:
        smaller = picture.draft(draft)
        # The coefficients of a progressive JPEG are held in full size, whatever the draft.
        if header.format == "jpeg" and not facts.is_progressive:
            width, height = smaller
    return width * height
