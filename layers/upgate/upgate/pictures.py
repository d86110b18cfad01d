"""The one place where Pillow opens a picture: hostile bytes give None, never an exception.

What is decoded has been admitted by its header before Pillow is imported at all, only the plugin of
its format is imported, and `formats=` keeps Pillow from guessing another one.
"""

from __future__ import annotations

import importlib
import importlib.util
import struct
import warnings
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from upgate import limits
from upgate.image_headers.reading import read_header

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


def with_pixels[T](
    stream: BinaryIO, use: Callable[[Image.Image], T], *, draft: tuple[int, int] | None = None
) -> T | None:
    """Decode a picture and return what `use` makes of it, None for whatever cannot be decoded.

    `draft` is the least size in pixels that will do: a JPEG is then decoded at down to an eighth of
    its own. None as well for a format without a decoder here and for a picture of more than
    limits.IMAGE_DECODE_PIXELS. A MemoryError counts as "cannot be decoded": the size of what was
    allocated was the client's choice.
    """
    header = read_header(stream)
    if header is None:
        return None
    name, plugin = _PLUGINS[header.format]
    if importlib.util.find_spec(plugin.partition(".")[0]) is None:
        return None
    importlib.import_module(plugin)
    from PIL import Image

    stream.seek(0)
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
            with Image.open(stream, formats=(name,)) as picture:
                if not _is_decodable(picture, draft):
                    return None
                picture.load()
                return use(picture)
        except broken:
            return None


def _is_decodable(picture: Image.Image, draft: tuple[int, int] | None) -> bool:
    width, height = picture.size
    if draft is not None:
        picture.draft("RGB", draft)
    # The coefficients of a progressive JPEG are held in full size, whatever the draft.
    if not picture.info.get("progressive"):
        width, height = picture.size
    return width * height <= limits.IMAGE_DECODE_PIXELS
