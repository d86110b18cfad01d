"""TIFF: the first directory (TIFF 6.0, section 2); it is at the same time where EXIF starts."""

from __future__ import annotations

from typing import BinaryIO

from upgate.images.image_headers.header import BrokenImageError, ImageHeader
from upgate.images.tiff_directory import (
    BrokenDirectoryError,
    Entry,
    read_directory,
    read_tiff_header,
)

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _EXTRA_SAMPLES = 256, 257, 258, 262, 277, 338
_UNASSOCIATED_ALPHA = 2


def read_tiff(stream: BinaryIO) -> ImageHeader:
    """Read the first picture's size and colour model; raises BrokenImageError. No BigTIFF."""
    try:
        order, offset = read_tiff_header(stream)
        entries = {entry.tag: entry for entry in read_directory(stream, order, offset).entries}
    except BrokenDirectoryError as error:
        raise BrokenImageError("no first directory") from error
    width, height = _number(entries, _WIDTH, 0), _number(entries, _HEIGHT, 0)
    return ImageHeader("tiff", width, height, _color_model(entries), exif=stream)


def _number(entries: dict[int, Entry], tag: int, default: int) -> int:
    numbers = entries[tag].integers() if tag in entries else ()
    return numbers[0] if numbers else default


def _color_model(entries: dict[int, Entry]) -> str:
    bits = _number(entries, _BITS, 1)
    photometric = _number(entries, _PHOTOMETRIC, 1)
    is_straight_alpha = _number(entries, _EXTRA_SAMPLES, 0) == _UNASSOCIATED_ALPHA
    deep = {True: "16", False: ""}
    if photometric in (0, 1):
        return "gray" + deep[bits == 16]
    if photometric == 2:
        has_alpha = _number(entries, _SAMPLES, 3) >= 4 and is_straight_alpha
        return ("nrgba" if has_alpha else "rgba") + ("64" if bits == 16 else "")
    if photometric == 3:
        return f"palette{1 << min(bits, 16)}"
    return {5: "cmyk", 6: "ycbcr"}.get(photometric, "rgba")
