"""The transparent colour of a PNG (`tRNS`) at the depth of its pixels, where Pillow loses it.

Pillow hands the colour over as the file has it, and the pixels as 8 bits: of greys below 8 bits and
of colours with 16 bits no pixel is ever equal to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_GREYS = {"L;2": 3, "L;4": 15}  # Pillow's name of the stored pixels -> their greatest value
_DEEP_GREY, _DEEP_COLOUR, _LOW_BYTES = "I;16B", "RGB;16B", "RGB;16L"


def stored_as(image: Image.Image) -> str:
    """Pillow's name for the pixels of a PNG that is not yet decoded."""
    tiles = getattr(image, "tile", ())
    return str(tiles[0].args) if tiles else ""


def with_transparency(
    image: Image.Image, stored: str, reopened: Callable[[], Image.Image]
) -> Image.Image:
    """The decoded picture, its transparent colour made to mean what the file means.

    `stored` is what `stored_as` said before decoding; `reopened` opens the same file again.
    """
    colour = image.info.get("transparency")
    if stored in _GREYS and isinstance(colour, int):
        image.info["transparency"] = colour * 255 // _GREYS[stored]
    elif stored == _DEEP_GREY and isinstance(colour, int):
        return _deep_grey(image, colour)
    elif stored == _DEEP_COLOUR and isinstance(colour, tuple):
        return _deep_colour(image, colour, reopened())
    return image


def _deep_grey(image: Image.Image, colour: int) -> Image.Image:
    deep = image.convert("I")
    opacity = deep.point(lambda value: value * 1 + -colour).convert("L")
    # Clipped at both ends: below the colour is 0 as well, and needs the other direction too.
    other = deep.point(lambda value: value * -1 + colour).convert("L")
    return _with_alpha(deep.point(lambda value: value * (255 / 65535)).convert("L"), opacity, other)


def _with_alpha(grey: Image.Image, *distances: Image.Image) -> Image.Image:
    from PIL import ImageChops

    result = grey.convert("RGBA")
    far = ImageChops.lighter(*distances).point(lambda value: 255 if value else 0)
    result.putalpha(far)
    return result


def _deep_colour(
    image: Image.Image, colour: tuple[int, ...], low_bytes: Image.Image
) -> Image.Image:
    """Equal only where the upper and the lower byte of every channel are."""
    from PIL import Image as Images
    from PIL import ImageChops

    low_bytes.tile = [low_bytes.tile[0]._replace(args=_LOW_BYTES)]  # type: ignore[attr-defined]
    low_bytes.load()
    opacity = Images.new("L", image.size)
    for channels, values in (
        (image.split(), [value >> 8 for value in colour]),
        (low_bytes.split(), [value & 255 for value in colour]),
    ):
        for channel, value in zip(channels, values, strict=True):
            table = [0 if entry == value else 255 for entry in range(256)]
            opacity = ImageChops.lighter(opacity, channel.point(table))
    result = image.convert("RGB")
    result.info = {}
    result.putalpha(opacity)
    return result
