"""The formats that a picture can be written in."""

from __future__ import annotations

from dataclasses import dataclass

from upgate.errors import BadFopError


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """`quality` is Kodo's default, None where the format has no such thing.

    `is_animated`: who asks for this format of an animation wants one. PNG and AVIF can hold one
    too, and do when the source is of the same format.
    """

    name: str
    pillow: str
    mime_type: str
    suffix: str
    has_alpha: bool
    is_animated: bool = False
    keeps_exif: bool = False
    quality: int | None = None


JPEG = ImageFormat("jpeg", "JPEG", "image/jpeg", ".jpg", False, keeps_exif=True, quality=75)
PNG = ImageFormat("png", "PNG", "image/png", ".png", True, keeps_exif=True)
GIF = ImageFormat("gif", "GIF", "image/gif", ".gif", True, is_animated=True)
WEBP = ImageFormat(
    "webp", "WEBP", "image/webp", ".webp", True, is_animated=True, keeps_exif=True, quality=75
)
BMP = ImageFormat("bmp", "BMP", "image/bmp", ".bmp", False)
TIFF = ImageFormat("tiff", "TIFF", "image/tiff", ".tiff", True)
AVIF = ImageFormat("avif", "AVIF", "image/avif", ".avif", True, keeps_exif=True, quality=50)

_BY_NAME = {
    "jpg": JPEG,
    "jpeg": JPEG,
    "png": PNG,
    "gif": GIF,
    "webp": WEBP,
    "bmp": BMP,
    "tif": TIFF,
    "tiff": TIFF,
    "avif": AVIF,
}


def parse_format(text: str) -> ImageFormat:
    """A format by its name in a command; raises BadFopError."""
    found = _BY_NAME.get(text.lower())
    if found is None:
        names = ", ".join(_BY_NAME)
        raise BadFopError(f"/format/{text[:40]}: must be one of {names}")
    return found


def same_format(source: str) -> ImageFormat:
    """What a source is written as when no format is asked for: HEIC has no encoder, so JPEG."""
    return _BY_NAME.get(source, JPEG)
