"""Why a source cannot be processed as a picture: its format by name, and what is wrong with it."""

from __future__ import annotations

from typing import BinaryIO, Final

from upgate import limits
from upgate.contents import mime
from upgate.errors import FopError, SourceTooLargeError, UnprocessableSourceError
from upgate.images.image_headers.reading import read_header
from upgate.images.picture import NoDecoderError, UndecodableError
from upgate.images.pictures import open_admitted

_NAMES: Final = {"webp": "WebP"}  # of the others the format in capitals
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
    name = _name(image_format)
    if isinstance(error, NoDecoderError):
        return UnprocessableSourceError(f"{error} is not decoded here; {_DECODED}")
    return UnprocessableSourceError(f"the {name} is broken, or cut off: it cannot be decoded")


def without_exif(stream: BinaryIO) -> UnprocessableSourceError:
    """Of a source that has no tags."""
    header = read_header(stream)
    if header is None:
        return unreadable(stream)
    return UnprocessableSourceError(f"the {_name(header.format)} has no EXIF data")


def without_pixels(stream: BinaryIO) -> FopError:
    """Of a source whose pixels `upgate.images.pictures.with_pixels` did not give."""
    header = read_header(stream)
    if header is None:
        return unreadable(stream)
    if header.width * header.height > limits.IMAGE_DECODE_PIXELS // 2:
        return SourceTooLargeError(
            f"the {_name(header.format)} has {header.width}x{header.height} pixels, "
            "more than are decoded for this"
        )
    try:
        open_admitted(stream, header)
    except UndecodableError as error:
        return undecodable(header.format, error)
    return undecodable(header.format, UndecodableError())


def _name(image_format: str) -> str:
    return _NAMES.get(image_format, image_format.upper())
