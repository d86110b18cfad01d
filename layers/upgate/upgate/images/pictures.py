"""The one place where Pillow opens a picture: hostile bytes give None, never an exception.

What is decoded has been admitted by its header before Pillow is imported at all, only the plugin of
its format is imported, and `formats=` keeps Pillow from guessing another one.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from upgate import limits
from upgate.images.image_headers.header import ImageHeader
from upgate.images.image_headers.reading import read_header

if TYPE_CHECKING:
    from PIL import Image

# Ours -> Pillow's name and the module that registers it.
_PLUGINS = {
    "jpeg": ("JPEG", "PIL.JpegImagePlugin"),
    "png": ("PNG", "PIL.PngImagePlugin"),
    "gif": ("GIF", "PIL.GifImagePlugin"),
    "webp": ("WEBP", "PIL.WebPImagePlugin"),
    "bmp": ("BMP", "PIL.BmpImagePlugin"),
    "tiff": ("TIFF", "PIL.TiffImagePlugin"),
    "avif": ("AVIF", "PIL.AvifImagePlugin"),
    "heic": ("HEIF", "pillow_heif.HeifImagePlugin"),  # only where pillow-heif is installed
}


class UndecodableError(ValueError):
    """Pillow cannot make a picture of these bytes, or not within the memory there is."""


class PictureGrowsError(UndecodableError):
    """A later frame is larger than what was admitted, and than what may be decoded."""


@contextlib.contextmanager
def growing_to(most_pixels: int) -> Iterator[None]:
    """Around a seek: a frame that makes the picture grow beyond `most_pixels` is refused.

    Pillow holds a size against its own limit before it makes room, and fails at twice that.
    """
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, most_pixels // 2
    try:
        yield
    except Image.DecompressionBombError as error:
        raise PictureGrowsError(str(error)) from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextlib.contextmanager
def decoding() -> Iterator[None]:
    """Around every call that makes Pillow decode: whatever it raises becomes UndecodableError.

    Its warnings are not heard. A MemoryError counts as "cannot be decoded": the size of what was
    allocated was the client's choice.
    """
    from PIL import Image

    # Pillow's documented exceptions and those its plugins were seen to raise for hostile bytes.
    broken = (
        Image.DecompressionBombError,
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        SyntaxError,
        TypeError,
        ValueError,
        struct.error,
        zlib.error,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except UndecodableError:
            raise
        except broken as error:
            raise UndecodableError(str(error)) from error


def open_admitted(stream: BinaryIO, header: ImageHeader) -> Image.Image:
    """Pillow's picture of a stream whose header was admitted; nothing is decoded yet.

    Raises UndecodableError for a format without a decoder here and for whatever Pillow refuses. The
    stream stays the caller's to close.
    """
    name, plugin = _PLUGINS[header.format]
    if importlib.util.find_spec(plugin.partition(".")[0]) is None:
        raise UndecodableError(f"no decoder for {header.format}")
    importlib.import_module(plugin)
    from PIL import Image

    stream.seek(0)
    with decoding():
        return Image.open(stream, formats=(name,))


def with_pixels[T](
    stream: BinaryIO, use: Callable[[Image.Image], T], *, draft: tuple[int, int] | None = None
) -> T | None:
    """Decode a picture and return what `use` makes of it, None for whatever cannot be decoded.

    `draft` is the least size in pixels that will do: a JPEG is then decoded at down to an eighth of
    its own. None as well for a format without a decoder here and for a picture of more than
    limits.IMAGE_DECODE_PIXELS.
    """
    header = read_header(stream)
    if header is None:
        return None
    try:
        with decoding(), open_admitted(stream, header) as picture:
            if decoded_pixels(picture, draft) > limits.IMAGE_DECODE_PIXELS:
                return None
            picture.load()
            return use(picture)
    except UndecodableError:
        return None


def decoded_pixels(picture: Image.Image, draft: tuple[int, int] | None) -> int:
    """How many pixels decoding will hold; puts a JPEG into the draft that is asked for."""
    width, height = picture.size
    if draft is not None:
        picture.draft("RGB", draft)
    # The coefficients of a progressive JPEG are held in full size, whatever the draft.
    if not picture.info.get("progressive"):
        width, height = picture.size
    return width * height
