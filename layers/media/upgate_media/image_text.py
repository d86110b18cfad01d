"""A text drawn as a picture for a watermark.

A text that none of text_fonts covers is refused with the characters that are missing: boxes in
place of letters would be worse than an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upgate.errors import BadFopError, OutputTooLargeError
from upgate_media.image_arguments import Colour
from upgate_media.text_fonts import candidates, load

if TYPE_CHECKING:
    from PIL import Image, ImageFont

# A noncharacter, so no font has it: drawn as the font's box for missing characters. One of the
# ignorable ones (U+E0000 to U+E0FFF) would be drawn as nothing.
_UNASSIGNED = "\U0010ffff"
_SHOWN = 10


def draw_text(
    text: str, font_name: str | None, size_pixels: int, fill: Colour, most_pixels: int
) -> Image.Image:
    """The text on a transparent ground, cut to its ink.

    `font_name` prefers the font of that name. Raises BadFopError for a text that no font covers and
    OutputTooLargeError above `most_pixels`.
    """
    from PIL import Image, ImageDraw

    font = _font_for(text, font_name, size_pixels)
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    width, height = right - left, bottom - top
    if width < 1 or height < 1:
        raise BadFopError("watermark: the text has nothing to draw")
    if width * height > most_pixels:
        raise OutputTooLargeError(f"the watermark's text would be {width}x{height} pixels")
    image = Image.new("RGBA", (width, height), (*fill[:3], 0))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=fill)
    return image


def _font_for(text: str, font_name: str | None, size_pixels: int) -> ImageFont.FreeTypeFont:
    missing = ""
    for face in candidates(text, font_name):
        try:
            font = load(face, size_pixels)
        except OSError:  # a file that only looks like a font
            continue
        missing = _missing(font, text)
        if not missing:
            return font
    raise BadFopError(f"watermark: no font here has the characters {missing[:_SHOWN]}")


def _missing(font: ImageFont.FreeTypeFont, text: str) -> str:
    """The characters of a text that the font would draw as its box for missing ones."""
    box = _drawn(font, _UNASSIGNED)
    characters = dict.fromkeys(character for character in text if not character.isspace())
    return "".join(character for character in characters if _drawn(font, character) == box)


def _drawn(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)
