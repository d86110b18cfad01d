"""Why a source cannot be processed as a picture: its format by name, and what is wrong with it."""

from __future__ import annotations

from typing import BinaryIO, Final

from upgate import limits
from upgate.contents import mime
from upgate.errors import UnprocessableSourceError
from upgate.images.picture import NoDecoderError, UndecodableError

_NAMES: Final = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WebP", "bmp": "BMP"}
_DECODED: Final = "AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF and WebP are"
_TYPES: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
    "image/heic": "HEIC",
    "image/heif": "HEIF",
}


def unreadable(stream: BinaryIO) -> UnprocessableSourceError:
    """Of a source in which no picture's header was found."""
    stream.seek(0)
    prefix = stream.read(limits.SNIFF_BYTES)
    if not prefix:
        return UnprocessableSourceError("the file is empty")
    found = mime.sniff(prefix)
    if found in _TYPES:
        return UnprocessableSourceError(f"the {_TYPES[found]} is broken, or cut off: no size in it")
    if found is not None and found.startswith("image/"):
        return UnprocessableSourceError(f"{found} is not decoded here; {_DECODED}")
    what = f"not a picture but {found}" if found else "not a picture of a known format"
    return UnprocessableSourceError(f"the file is {what}; {_DECODED} processed")


def undecodable(image_format: str, error: UndecodableError) -> UnprocessableSourceError:
    """Of a picture whose header is sound."""
    name = _NAMES.get(image_format, image_format.upper())
    if isinstance(error, NoDecoderError):
        return UnprocessableSourceError(f"{error} is not decoded here; {_DECODED}")
    return UnprocessableSourceError(f"the {name} is broken, or cut off: it cannot be decoded")
