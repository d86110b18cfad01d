"""A frame for GIF: up to 256 colours, of which one may be transparent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_OPAQUE = 128  # opacity from which a pixel counts as opaque: GIF knows nothing between

# The palette's entry for transparent pixels. Pillow cuts off borders that have this colour, opaque
# or not, so an opaque entry of just this colour is moved by one step.
_CLEAR = (0, 255, 1)
_ALMOST_CLEAR = (0, 254, 1)


def to_palette(image: Image.Image, colours: int) -> Image.Image:
    """The picture with a palette of its own; the transparent index is in `info`, as Pillow saves.

    `colours` is from 2 to 256 and counts the transparent one.
    """
    if image.mode != "RGBA":
        return image.quantize(colours)
    clear = image.getchannel("A").point(lambda value: 255 if value < _OPAQUE else 0)
    if clear.getbbox() is None:
        return image.convert("RGB").quantize(colours)
    frame = image.convert("RGB").quantize(max(1, colours - 1))
    palette = frame.getpalette() or []
    entries = [tuple(palette[at : at + 3]) for at in range(0, len(palette), 3)][: colours - 1]
    entries = [_ALMOST_CLEAR if entry == _CLEAR else entry for entry in entries]
    frame.putpalette([channel for entry in (*entries, _CLEAR) for channel in entry])
    frame.paste(len(entries), mask=clear)
    frame.info["transparency"] = len(entries)
    return frame
