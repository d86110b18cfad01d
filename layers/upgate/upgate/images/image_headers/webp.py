"""WebP: the first chunk of the RIFF file, and its EXIF chunk (RFC 9649, section 2)."""

from __future__ import annotations

import io
from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take

_HAS_EXIF, _HAS_ALPHA = 0x08, 0x10


def read_webp(stream: BinaryIO) -> ImageHeader:
    """Read the simple, lossless or extended header; raises BrokenImageError."""
    stream.seek(12)
    kind, length = _chunk_head(stream)
    if kind == b"VP8 ":
        return _lossy(take(stream, 10))
    if kind == b"VP8L":
        return _lossless(take(stream, 5))
    if kind != b"VP8X" or length < 10:
        raise BrokenImageError("a first chunk that WebP does not have")
    data = take(stream, 10)
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
    stream.seek(length - 10 + length % 2, io.SEEK_CUR)
    exif = _exif(stream) if data[0] & _HAS_EXIF else None
    color_model = "nycbcra" if data[0] & _HAS_ALPHA else "ycbcr"
    return ImageHeader("webp", width, height, color_model, exif=exif)


def _chunk_head(stream: BinaryIO) -> tuple[bytes, int]:
    head = take(stream, 8)
    return head[:4], int.from_bytes(head[4:], "little")


def _lossy(data: bytes) -> ImageHeader:
    if data[3:6] != b"\x9d\x01\x2a":
        raise BrokenImageError("no VP8 key frame")
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return ImageHeader("webp", width, height, "ycbcr")


def _lossless(data: bytes) -> ImageHeader:
    if data[0] != 0x2F:
        raise BrokenImageError("no VP8L signature")
    bits = int.from_bytes(data[1:], "little")
    return ImageHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, "nrgba")


def _exif(stream: BinaryIO) -> BinaryIO | None:
    """The EXIF chunk stands behind the image data; a file cut before it just has none."""
    try:
        for _ in range(limits.IMAGE_SEGMENTS):
            kind, length = _chunk_head(stream)
            if kind == b"EXIF" and length <= limits.EXIF_BYTES:
                data = take(stream, length)
                # libwebp's own tools write JPEG's prefix before the TIFF header.
                return io.BytesIO(data.removeprefix(b"Exif\0\0"))
            stream.seek(length + length % 2, io.SEEK_CUR)
    except BrokenImageError:
        pass
    return None
