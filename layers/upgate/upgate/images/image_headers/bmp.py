"""BMP: the DIB header (Microsoft, BITMAPINFOHEADER and BITMAPV5HEADER)."""

from __future__ import annotations

from typing import BinaryIO

from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take

_CORE_BYTES, _INFO_BYTES, _V4_BYTES = 12, 40, 108
_BITS = frozenset((1, 4, 8, 16, 24, 32))


def read_bmp(stream: BinaryIO) -> ImageHeader:
    """Read the core, info or a later header; raises BrokenImageError."""
    stream.seek(14)
    size = int.from_bytes(take(stream, 4), "little")
    if size == _CORE_BYTES:
        data = take(stream, 8)
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (0, 2))
        bits, used = int.from_bytes(data[6:8], "little"), 0
    elif size >= _INFO_BYTES:
        data = take(stream, 36)
        width, height = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (0, 4))
        bits, used = int.from_bytes(data[10:12], "little"), int.from_bytes(data[28:32], "little")
    else:
        raise BrokenImageError("a header size that BMP does not have")
    if bits not in _BITS:
        raise BrokenImageError("a depth that BMP does not have")
    return ImageHeader("bmp", width, abs(height), _color_model(bits, used, size))


def _color_model(bits: int, used: int, header_bytes: int) -> str:
    if bits <= 8:
        return f"palette{min(used or 1 << bits, 1 << bits)}"
    return "nrgba" if bits == 32 and header_bytes >= _V4_BYTES else "rgba"
