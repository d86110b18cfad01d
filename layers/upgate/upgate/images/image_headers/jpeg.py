"""JPEG: the frame header and the EXIF segment (ITU-T T.81 annex B, Exif 2.32 section 4.7)."""

from __future__ import annotations

import io
from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
_START_OF_SCAN, _END_OF_IMAGE, _APP1, _APP14 = 0xDA, 0xD9, 0xE1, 0xEE
_EXIF = b"Exif\0"  # and one byte of padding, which some writers leave other than NUL


def read_jpeg(stream: BinaryIO) -> ImageHeader:
    """Read up to the first scan; raises BrokenImageError."""
    stream.seek(2)
    frame = exif = None
    adobe_transform: int | None = None
    for _ in range(limits.IMAGE_SEGMENTS):
        marker = _marker(stream)
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            break
        length = int.from_bytes(take(stream, 2)) - 2
        if length < 0:
            raise BrokenImageError("a segment shorter than its own length field")
        if marker in _FRAMES and frame is None:
            frame = take(stream, length)
        elif marker == _APP1 and exif is None and length > 6:
            exif = _exif(take(stream, length))
        elif marker == _APP14:
            adobe_transform = _adobe_transform(take(stream, length))
        else:
            stream.seek(length, io.SEEK_CUR)
    if frame is None:
        raise BrokenImageError("no frame header")
    return _header(frame, adobe_transform, exif)


def _marker(stream: BinaryIO) -> int:
    """The next marker; like libjpeg, passes over fill bytes, which are legal, and stray ones."""
    lead, marker = take(stream, 2)
    for _ in range(limits.IMAGE_STRAY_BYTES):
        if lead == 0xFF and marker not in (0x00, 0xFF):
            return marker
        lead, (marker,) = marker, take(stream, 1)
    raise BrokenImageError("no marker where one has to be")


def _exif(segment: bytes) -> BinaryIO | None:
    return io.BytesIO(segment[6:]) if segment.startswith(_EXIF) else None


def _adobe_transform(segment: bytes) -> int | None:
    return segment[11] if segment.startswith(b"Adobe") and len(segment) >= 12 else None


def _header(frame: bytes, adobe_transform: int | None, exif: BinaryIO | None) -> ImageHeader:
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise BrokenImageError("the frame header is cut short")
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    identifiers = frame[6 : 6 + 3 * frame[5] : 3]
    color_model = {1: "gray", 3: "ycbcr", 4: "cmyk"}.get(frame[5])
    if color_model is None:
        raise BrokenImageError("a number of components that no colour model has")
    if frame[5] == 3 and (adobe_transform == 0 or identifiers == b"RGB"):
        color_model = "rgba"
    return ImageHeader("jpeg", width, height, color_model, exif=exif)
