"""The value of $(imageInfo): format, size and colour model of a picture (protocol.md 6.2)."""

from __future__ import annotations

from typing import BinaryIO, TypedDict

from upgate.images.exif import read_orientation
from upgate.images.image_headers.reading import read_header


class ImageInfo(TypedDict, total=False):
    """As Kodo answers it, keys in alphabetical order.

    `width` and `height` in pixels as stored, of HEIC and AVIF as shown; `size` in bytes.
    `colorModel` is the lower-case name of Go's colour model: ycbcr, cmyk, gray, gray16, rgba (PNG
    truecolour), nrgba (with alpha), rgba64, nrgba64, nycbcra (WebP with alpha) or
    palette<number of entries>. `frameNumber` is for
    GIF only, `orientation` only where EXIF has one, in libexif's words ("Top-left"): still to be
    applied, but for HEIC and AVIF, whose files turn the picture themselves.
    """

    colorModel: str
    format: str
    frameNumber: int
    height: int
    orientation: str
    size: int
    width: int


def read_image_info(stream: BinaryIO, size_bytes: int) -> ImageInfo | None:
    """Describe a picture by its header.

    `format` is one of jpeg, png, gif, webp, bmp, tiff, heic and avif, of any size, since no
    pixel is read. None: not such a picture, or a broken one.
    """
    header = read_header(stream)
    if header is None or min(header.width, header.height) < 1:
        return None
    info: ImageInfo = {"colorModel": header.color_model, "format": header.format}
    if header.frames is not None:
        info["frameNumber"] = header.frames
    info["height"] = header.height
    orientation = read_orientation(header.exif) if header.exif is not None else None
    if orientation is not None:
        info["orientation"] = orientation
    info["size"] = size_bytes
    info["width"] = header.width
    return info
