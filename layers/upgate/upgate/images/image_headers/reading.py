"""The way in: which format it is, and its header; never an exception for what a client sent."""

from __future__ import annotations

from typing import BinaryIO

from upgate.images.image_headers.bmp import read_bmp
from upgate.images.image_headers.brands import heif_format
from upgate.images.image_headers.gif import read_gif
from upgate.images.image_headers.header import BrokenImageError, ImageHeader
from upgate.images.image_headers.heif import read_heif
from upgate.images.image_headers.jpeg import read_jpeg
from upgate.images.image_headers.png import read_png
from upgate.images.image_headers.tiff import read_tiff
from upgate.images.image_headers.webp import read_webp

_PREFIX_BYTES = 64
_READERS = (
    (b"\xff\xd8\xff", read_jpeg),
    (b"\x89PNG\r\n\x1a\n", read_png),
    (b"GIF87a", read_gif),
    (b"GIF89a", read_gif),
    (b"BM", read_bmp),
    (b"II*\0", read_tiff),
    (b"MM\0*", read_tiff),
)


def read_header(stream: BinaryIO) -> ImageHeader | None:
    """The header of a picture of any size, or None.

    None says: not a picture of a format known here, or a broken one. Where the stream stands
    afterwards is not defined. An OSError of the stream itself goes through.
    """
    stream.seek(0)
    prefix = stream.read(_PREFIX_BYTES)
    try:
        return _read(stream, prefix)
    except BrokenImageError:
        return None


def _read(stream: BinaryIO, prefix: bytes) -> ImageHeader | None:
    for signature, read in _READERS:
        if prefix.startswith(signature):
            return read(stream)
    if prefix.startswith(b"RIFF") and prefix[8:12] == b"WEBP":
        return read_webp(stream)
    return read_heif(stream) if heif_format(prefix) else None
