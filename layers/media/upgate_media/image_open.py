"""A source as a picture with everything known about it that can be known without decoding it.

Nothing is decoded that its header and the limits have not admitted. All of Pillow's decoding goes
through upgate.images.pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from upgate.errors import SourceTooLargeError, UnprocessableSourceError
from upgate.images.exif import read_orientation
from upgate.images.image_headers.header import ImageHeader
from upgate.images.image_headers.reading import read_any_header
from upgate.images.pictures import (
    PictureGrowsError,
    UndecodableError,
    decoded_pixels,
    decoding,
    growing_to,
    open_admitted,
)
from upgate_media.image_canvas import Canvas
from upgate_media.image_geometry import Size
from upgate_media.image_quality import jpeg_quality
from upgate_media.media_limits import MediaLimits

if TYPE_CHECKING:
    from PIL import Image

_ANIMATED = frozenset(("gif", "webp"))
_ORIENTATIONS = (
    *("Top-left", "Top-right", "Bottom-right", "Bottom-left"),
    *("Left-top", "Right-top", "Right-bottom", "Left-bottom"),
)
_EXIF_ORIENTATION = 0x0112
_START_OF_SCAN = b"\xff\xda"


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture that is not yet decoded; `image` stays open within `opened` only.

    `frames` counts those of an animated GIF or WebP, 1 for everything else. `quality` is that of a
    JPEG on libjpeg's scale. `exif` begins with "Exif\\0\\0".
    """

    image: Image.Image
    format: str
    canvas: Canvas
    frames: int
    quality: int | None
    icc: bytes | None
    exif: bytes | None

    def admit_decoding(self, limits: MediaLimits, draft: Size | None, frames: int) -> None:
        """Put a JPEG into its draft; SourceTooLargeError when decoding would take too much."""
        with _reported(), decoding():
            pixels = decoded_pixels(self.image, draft)
        if pixels > limits.image_decode_pixels:
            raise SourceTooLargeError(
                f"{pixels} pixels would have to be decoded at once, "
                f"at most {limits.image_decode_pixels} are"
            )
        if frames > 1 and pixels * frames > limits.image_animation_pixels:
            raise SourceTooLargeError(
                f"{frames} frames of {pixels} pixels are beyond the "
                f"{limits.image_animation_pixels} pixels of an animation"
            )

    def decoded(self, frame: int, limits: MediaLimits) -> Image.Image:
        """The pixels of one frame, of an animation as far as its screen goes.

        Raises:
            UnprocessableSourceError: they cannot be had.
            SourceTooLargeError: the frame is larger than its screen, and beyond the limits.
        """
        if not frame:
            with _reported(), decoding():
                self.image.load()
            return self.image
        # Pillow lets a GIF's screen grow with each frame, and makes room for it when it seeks.
        most = min(limits.image_decode_pixels, limits.image_animation_pixels // self.frames)
        with _reported(), decoding(), growing_to(most):
            self.image.seek(frame)
            self.image.load()
        screen = self.canvas.size
        return self.image if self.image.size == screen else self.image.crop((0, 0, *screen))


@contextmanager
def opened(stream: BinaryIO, limits: MediaLimits) -> Iterator[Opened]:
    """Open a picture; the limits on bytes are the caller's.

    Raises UnprocessableSourceError for what is no picture or a broken one, and SourceTooLargeError
    for one beyond a limit on sides, pixels or frames.
    """
    header = read_any_header(stream)
    if header is None:
        raise UnprocessableSourceError("the file is not a picture of a known format, or is broken")
    _admit_size((header.width, header.height), limits)
    with _reported():
        image = open_admitted(stream, header)
    with image:
        # Formats that turn the picture themselves have another size than their header.
        _admit_size(image.size, limits)
        with _reported(), decoding():
            frames = _frames(image, header)
        if frames > limits.image_frames:
            raise SourceTooLargeError(
                f"the animation has {frames} frames, at most {limits.image_frames} are processed"
            )
        if image.info.get("progressive"):
            _admit_scans(stream, limits)
        yield Opened(
            image=image,
            format=header.format,
            canvas=Canvas(image.size, _orientation(image, header)),
            frames=frames,
            quality=jpeg_quality(getattr(image, "quantization", {})),
            icc=_block(image.info.get("icc_profile"), limits.image_icc_bytes),
            exif=_block(image.info.get("exif"), limits.image_exif_bytes),
        )


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except PictureGrowsError as error:
        raise SourceTooLargeError(
            "a frame of the animation is larger than its screen, and too large to be decoded"
        ) from error
    except UndecodableError as error:
        raise UnprocessableSourceError("the picture is broken, or cut off") from error


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


def _frames(image: Image.Image, header: ImageHeader) -> int:
    if header.format not in _ANIMATED:
        return 1
    return header.frames if header.frames is not None else getattr(image, "n_frames", 1)


def _orientation(image: Image.Image, header: ImageHeader) -> int:
    """1 for TIFF and HEIC: their decoders turn the picture themselves."""
    if header.format in ("tiff", "heic"):
        return 1
    if header.format == "avif":  # Pillow tells the file's own rotation as EXIF
        try:
            with decoding():
                value = image.getexif().get(_EXIF_ORIENTATION, 1)
        except UndecodableError:
            return 1
        return value if value in range(1, 9) else 1
    text = read_orientation(header.exif) if header.exif is not None else None
    return _ORIENTATIONS.index(text) + 1 if text in _ORIENTATIONS else 1


def _block(value: object, most: int) -> bytes | None:
    return value if isinstance(value, bytes) and 0 < len(value) <= most else None
