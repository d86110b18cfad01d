"""HEIC and AVIF: the primary item's size and its EXIF (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.brands import heif_format
from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take
from upgate.images.image_headers.heif_items import Box, boxes, exif_extent, primary_size

_EXIF_BYTES = 64 * 1024


def read_heif(stream: BinaryIO) -> ImageHeader:
    """Read the `meta` box; raises BrokenImageError."""
    stream.seek(0)
    name = heif_format(stream.read(64))
    if name is None:
        raise BrokenImageError("brands that no picture has")
    children = {box.kind: box for box in boxes(_meta(stream))}
    width, height = primary_size(children)
    return ImageHeader(name, width, height, "ycbcr", exif=_exif(stream, children))


def _meta(stream: BinaryIO) -> bytes:
    for kind, length in _top_level(stream):
        if kind == b"meta":
            if not 4 <= length <= limits.IMAGE_META_BYTES:
                raise BrokenImageError("a meta box of this size is not read")
            return take(stream, length)[4:]
        stream.seek(length, io.SEEK_CUR)
    raise BrokenImageError("no meta box")


def _top_level(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    stream.seek(0)
    for _ in range(limits.IMAGE_SEGMENTS):
        head = take(stream, 8)
        length, header_bytes = int.from_bytes(head[:4]), 8
        if length == 1:
            length, header_bytes = int.from_bytes(take(stream, 8)), 16
        if not header_bytes <= length < 1 << 62:
            raise BrokenImageError("a box shorter than its own header, or without end")
        yield head[4:], length - header_bytes


def _exif(stream: BinaryIO, children: dict[bytes, Box]) -> BinaryIO | None:
    """The Exif item starts with the offset of its TIFF header (ISO/IEC 23008-12, A.2.1)."""
    extent = exif_extent(children)
    if extent is None or not 4 < extent[1] <= _EXIF_BYTES:
        return None
    if sum(extent) > stream.seek(0, io.SEEK_END):
        return None
    stream.seek(extent[0])
    data = take(stream, extent[1])
    return io.BytesIO(data[4 + int.from_bytes(data[:4]) :])
