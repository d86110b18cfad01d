"""HEIC and AVIF: the primary item's size and its EXIF (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.brands import heif_format
from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take
from upgate.images.image_headers.heif_items import (
    Box,
    Extents,
    boxes,
    exif_extents,
    primary_picture,
)
from upgate.images.image_headers.heif_transforms import Size

# A file may say "some HEIF" and no more: its primary item's codec tells.
_FORMATS = {b"hvc1": "heic", b"hev1": "heic", b"av01": "avif"}


def read_heif(stream: BinaryIO) -> ImageHeader:
    """Read the `meta` box; raises BrokenImageError."""
    stream.seek(0)
    name = heif_format(stream.read(64))
    if name is None:
        raise BrokenImageError("brands that no picture has")
    meta = _meta(stream)
    if meta is None:
        return ImageHeader(name, *_track_size(stream), "ycbcr")
    children = {box.kind: box for box in boxes(meta)}
    picture = primary_picture(children)
    return ImageHeader(
        _FORMATS.get(picture.codec, name),
        *picture.shown_size,
        "ycbcr",
        exif=_exif(stream, children),
        heif=picture,
    )


def _meta(stream: BinaryIO) -> bytes | None:
    """What is in the box `meta`; None in an image sequence, which may have none."""
    data = _content(stream, b"meta")
    return data[4:] if data is not None else None


def _track_size(stream: BinaryIO) -> Size:
    """Width and height of the first track that has pixels (`tkhd`)."""
    for track in boxes(_content(stream, b"moov") or b""):
        if track.kind == b"trak":
            for box in boxes(track.data):
                sides = box.data[-8:-6], box.data[-4:-2]  # 16 bits, and 16 bits behind the point
                width, height = (int.from_bytes(side) for side in sides)
                if box.kind == b"tkhd" and width and height:
                    return width, height
    raise BrokenImageError("neither a picture nor a sequence of them")


def _content(stream: BinaryIO, wanted: bytes) -> bytes | None:
    """What is in a box of the top level; None when there is no such box up to the file's end."""
    for kind, length in _top_level(stream):
        if kind == wanted:
            if not 4 <= length <= limits.IMAGE_META_BYTES:
                raise BrokenImageError("a box of this size is not read")
            return take(stream, length)
        stream.seek(length, io.SEEK_CUR)
    return None


def _top_level(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    stream.seek(0)
    for _ in range(limits.IMAGE_SEGMENTS):
        head = stream.read(8)
        if not head:
            return
        if len(head) < 8:
            raise BrokenImageError("the picture ends early")
        length, header_bytes = int.from_bytes(head[:4]), 8
        if length == 1:
            length, header_bytes = int.from_bytes(take(stream, 8)), 16
        if not header_bytes <= length < 1 << 62:
            raise BrokenImageError("a box shorter than its own header, or without end")
        yield head[4:], length - header_bytes
    raise BrokenImageError("more boxes than are looked at")


def _exif(stream: BinaryIO, children: dict[bytes, Box]) -> BinaryIO | None:
    """The Exif item starts with the offset of its TIFF header (ISO/IEC 23008-12, A.2.1)."""
    extents = exif_extents(children)
    if extents is None:
        return None
    data = _item(stream, children, extents)
    return io.BytesIO(data[4 + int.from_bytes(data[:4]) :]) if len(data) > 4 else None


def _item(stream: BinaryIO, children: dict[bytes, Box], extents: Extents) -> bytes:
    """The item's bytes; none when they are not all there, or are beyond the limit."""
    if sum(length for _, length in extents.pieces) > limits.EXIF_BYTES:
        return b""
    if extents.is_in_idat:
        idat = children[b"idat"].data if b"idat" in children else b""
        return b"".join(idat[offset : offset + length] for offset, length in extents.pieces)
    total = stream.seek(0, io.SEEK_END)
    if any(offset + length > total for offset, length in extents.pieces):
        return b""
    pieces = []
    for offset, length in extents.pieces:
        stream.seek(offset)
        pieces.append(take(stream, length))
    return b"".join(pieces)
