"""PNG: IHDR and the chunks before the image data (W3C PNG, third edition, sections 5 and 11)."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

from upgate import limits
from upgate.images.image_headers.header import BrokenImageError, ImageHeader, take

_SIGNATURE_BYTES = 8
# (colour type, is 16 bit) -> Go's model; truecolour without alpha is RGBA there, alpha makes it N.
_COLOR_MODELS = {
    (0, False): "gray",
    (0, True): "gray16",
    (2, False): "rgba",
    (2, True): "rgba64",
    (4, False): "nrgba",
    (4, True): "nrgba64",
    (6, False): "nrgba",
    (6, True): "nrgba64",
}
_PALETTE = 3
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def read_png(stream: BinaryIO) -> ImageHeader:
    """Read IHDR, PLTE and an eXIf that stands before the image data; raises BrokenImageError."""
    stream.seek(_SIGNATURE_BYTES)
    first = take(stream, 25)
    length, kind, data = int.from_bytes(first[:4]), first[4:8], first[8:21]
    if length != 13 or kind != b"IHDR" or zlib.crc32(first[4:21]) != int.from_bytes(first[21:]):
        raise BrokenImageError("no sound IHDR")
    depth, color_type = data[8], data[9]
    if depth not in _DEPTHS.get(color_type, ()):
        raise BrokenImageError("a depth that this colour type does not have")
    palette_entries, is_transparent, exif = _chunks(stream)
    if color_type == _PALETTE:
        color_model = f"palette{palette_entries}"
    else:
        color_model = _COLOR_MODELS[color_type, depth == 16]
        if is_transparent and color_type == 2:
            color_model = "n" + color_model
    width, height = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
    return ImageHeader("png", width, height, color_model, exif=exif)


def _chunks(stream: BinaryIO) -> tuple[int, bool, BinaryIO | None]:
    palette_entries, is_transparent, exif = 0, False, None
    for _ in range(limits.IMAGE_SEGMENTS):
        head = take(stream, 8)
        length, kind = int.from_bytes(head[:4]), head[4:]
        if kind in (b"IDAT", b"IEND"):
            return palette_entries, is_transparent, exif
        if kind == b"PLTE":
            palette_entries = length // 3
        is_transparent |= kind == b"tRNS"
        if kind == b"eXIf" and length <= limits.EXIF_BYTES:
            exif = io.BytesIO(take(stream, length))
            stream.seek(4, io.SEEK_CUR)
        else:
            stream.seek(length + 4, io.SEEK_CUR)
    raise BrokenImageError("no image data within the first chunks")
