"""A source as a picture with everything known about it that can be known without decoding it.

Nothing is decoded that its header and the limits have not admitted. All of Pillow's decoding goes
through upgate.images.pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from upgate.errors import SourceTooLargeError, UnprocessableSourceError
from upgate.images.exif import read_orientation
from upgate.images.image_headers.header import ImageHeader
from upgate.images.image_headers.reading import read_header
from upgate.images.picture import (
    Picture,
    PictureGrowsError,
    Pixels,
    Timing,
    UndecodableError,
)
from upgate.images.pictures import decoded_pixels, open_admitted
from upgate_media.image_canvas import Canvas
from upgate_media.image_exif import with_orientation
from upgate_media.image_geometry import Size
from upgate_media.image_quality import jpeg_quality
from upgate_media.image_refusals import undecodable, unreadable
from upgate_media.media_limits import MediaLimits

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATIONS = (
    *("Top-left", "Top-right", "Bottom-right", "Bottom-left"),
    *("Left-top", "Right-top", "Right-bottom", "Left-bottom"),
)
_START_OF_SCAN = b"\xff\xda"


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture that is not yet decoded; `picture` can be decoded within `opened` only.

    `frames` counts those of an animation, 1 for everything else. `quality` is that of a JPEG on
    libjpeg's scale. `exif` begins with "Exif\\0\\0".
    """

    picture: Picture
    header: ImageHeader
    canvas: Canvas
    quality: int | None
    icc: bytes | None
    exif: bytes | None

    @property
    def format(self) -> str:
        """The name that imageInfo has for it."""
        return self.header.format

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.picture.facts.frames

    def admit_decoding(self, limits: MediaLimits, draft: Size | None, frames: int) -> None:
        """Put a JPEG into its draft; SourceTooLargeError when decoding would take too much."""
        with _reported(self.format):
            pixels = decoded_pixels(self.picture, self.header, draft)
        if pixels > limits.image_decode_pixels:
            raise SourceTooLargeError(
                f"{pixels} pixels would have to be decoded at once, "
                f"at most {limits.image_decode_pixels} are"
            )
        if frames > limits.image_frames:
            raise SourceTooLargeError(
                f"the animation has {frames} frames, at most {limits.image_frames} are processed"
            )
        if frames > 1 and pixels * frames > limits.image_animation_pixels:
            raise SourceTooLargeError(
                f"{frames} frames of {pixels} pixels are beyond the "
                f"{limits.image_animation_pixels} pixels of an animation"
            )

    def pixels(self, frame: int, limits: MediaLimits) -> tuple[Pixels, Timing]:
        """The pixels of one frame, of an animation as far as its screen goes.

        Raises:
            UnprocessableSourceError: they cannot be had.
            SourceTooLargeError: the frame is larger than its screen, and beyond the limits.
        """
        most = min(limits.image_decode_pixels, limits.image_animation_pixels // self.frames)
        with _reported(self.format):
            return self.picture.pixels(frame, max(most, math.prod(self.canvas.size)))

    def decoded(self, limits: MediaLimits) -> Image.Image:
        """The first frame as a whole; raises as `pixels`."""
        pixels, _ = self.pixels(0, limits)
        return pixels.whole()


@contextmanager
def opened(stream: BinaryIO, limits: MediaLimits) -> Iterator[Opened]:
    """Open a picture; the limits on bytes are the caller's.

    Raises UnprocessableSourceError for what is no picture or a broken one, and SourceTooLargeError
    for one beyond a limit on sides, pixels or scans.
    """
    header = read_header(stream)
    if header is None:
        raise unreadable(stream)
    _admit_size((header.width, header.height), limits)
    with _reported(header.format):
        picture = open_admitted(stream, header)
    facts = picture.facts
    _admit_size(facts.size, limits)
    if facts.is_progressive:
        _admit_scans(stream, limits)
    yield Opened(
        picture=picture,
        header=header,
        canvas=Canvas(facts.size, _orientation(header)),
        quality=jpeg_quality(facts.quantization),
        icc=_block(facts.icc, limits.image_icc_bytes),
        exif=_upright(_block(facts.exif, limits.image_exif_bytes), header),
    )


@contextmanager
def _reported(image_format: str) -> Iterator[None]:
    try:
        yield
    except PictureGrowsError as error:
        raise SourceTooLargeError(
            "a frame of the animation is larger than its screen, and too large to be decoded"
        ) from error
    except UndecodableError as error:
        raise undecodable(image_format, error) from error


def _admit_size(size: Size, limits: MediaLimits) -> None:
    width, height = size
    if min(size) < 1:
        raise UnprocessableSourceError("the picture is broken: it has no pixels")
    if max(size) > limits.image_side_pixels or width * height > limits.image_pixels:
        raise SourceTooLargeError(
            f"the picture has {width}x{height} pixels; at most {limits.image_side_pixels} a side "
            f"and {limits.image_pixels} in all are processed"
        )


def _admit_scans(stream: BinaryIO, limits: MediaLimits) -> None:
    """Each scan of a progressive JPEG goes over the whole picture, and may take a few bytes."""
    position = stream.tell()
    stream.seek(0)
    scans = stream.read().count(_START_OF_SCAN)
    stream.seek(position)
    if scans > limits.image_scans:
        raise SourceTooLargeError(
            f"the progressive JPEG has {scans} scans, at most {limits.image_scans} are decoded"
        )


def _orientation(header: ImageHeader) -> int:
    """1 for TIFF, HEIC and AVIF: what their files say of turning is done by decoding."""
    if header.format == "tiff" or header.heif is not None or header.exif is None:
        return 1
    text = read_orientation(header.exif)
    return _ORIENTATIONS.index(text) + 1 if text in _ORIENTATIONS else 1


def _upright(exif: bytes | None, header: ImageHeader) -> bytes | None:
    """HEIC and AVIF repeat in EXIF what the file does to its picture: that has been done."""
    return with_orientation(exif, 1) if exif is not None and header.heif is not None else exif


def _block(value: bytes | None, most: int) -> bytes | None:
    return value if value is not None and 0 < len(value) <= most else None
