"""Watermarks of a transcoded video: a fetched picture, a text, each laid over every frame."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

from upgate.errors import RemoteFileError, SourceTooLargeError, UnprocessableSourceError
from upgate.images.eight_bits import to_eight_bits
from upgate_media import image_arguments
from upgate_media.arguments import Arguments
from upgate_media.image_open import opened
from upgate_media.image_text import draw_text
from upgate_media.media_limits import MediaLimits
from upgate_media.run_types import MediaSettings

_TEXT_PARAMETERS = {"wmText", "wmGravityText", "wmFont", "wmFontColor", "wmFontSize"}
WATERMARK_PARAMETERS = _TEXT_PARAMETERS | {"wmImage", "wmGravity", "wmOffsetX", "wmOffsetY"}
_URL_BYTES, _TEXT_BYTES, _NAME_BYTES = 4096, 300, 64
_OFFSET = 10_000
_TWIPS_PER_PIXEL = 20  # a twip is 1/20 point, a point a pixel: as `watermark/2` reckons
_DEFAULT_TWIPS, _MOST_TWIPS = 320, 9_999
_BLACK = (0, 0, 0, 255)

# Left and top corner of the overlay (w, h) in the frame (W, H), as ffmpeg's overlay filter reckons.
_COLUMNS = {"West": "0", "": "(main_w-overlay_w)/2", "East": "main_w-overlay_w"}
_ROWS = {"North": "0", "": "(main_h-overlay_h)/2", "South": "main_h-overlay_h"}
GRAVITIES = {
    f"{row}{column}" or "Center": (x, y)
    for row, y in _ROWS.items()
    for column, x in _COLUMNS.items()
}


@dataclass(frozen=True, slots=True)
class TextMark:
    """What is written; `font` prefers one by its name."""

    text: str
    gravity: str
    font: str | None
    colour: image_arguments.Colour
    size_pixels: int


@dataclass(frozen=True, slots=True)
class Watermark:
    """What is laid over the video; the offsets, to the right and down, move the picture."""

    image_url: str | None = None
    gravity: str = "NorthEast"
    offset_x: int = 0
    offset_y: int = 0
    text: TextMark | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A PNG and where ffmpeg puts its left top corner."""

    path: Path
    x: str
    y: str


def parse_watermark(arguments: Arguments) -> Watermark:
    """Read the `wm...` parameters of `avthumb`; raises BadFopError."""
    text = arguments.text("wmText", _TEXT_BYTES)
    twips = arguments.integer("wmFontSize", 0, _MOST_TWIPS) or _DEFAULT_TWIPS
    mark = TextMark(
        text=text or "",
        gravity=arguments.choice("wmGravityText", GRAVITIES) or "NorthEast",
        font=arguments.text("wmFont", _NAME_BYTES),
        colour=image_arguments.colour(arguments, "wmFontColor") or _BLACK,
        size_pixels=max(1, round(twips / _TWIPS_PER_PIXEL)),
    )
    return Watermark(
        image_url=arguments.url("wmImage", _URL_BYTES),
        gravity=arguments.choice("wmGravity", GRAVITIES) or "NorthEast",
        offset_x=arguments.integer("wmOffsetX", -_OFFSET, _OFFSET) or 0,
        offset_y=arguments.integer("wmOffsetY", -_OFFSET, _OFFSET) or 0,
        text=mark if text else None,
    )


def prepare_overlays(
    watermark: Watermark, workspace: Path, settings: MediaSettings
) -> tuple[Overlay, ...]:
    """Fetch the picture and draw the text, both into PNG files of our own making.

    ffmpeg never sees the bytes that were fetched.

    Raises:
        RemoteFileError: the URL gave no picture, or too large a one.
        BadFopError: no font has the text's letters.
        OutputTooLargeError: the text would be larger than limits.watermark_pixels.
    """
    overlays = []
    if watermark.image_url is not None:
        path = workspace / "watermark-image.png"
        data = settings.fetch(watermark.image_url)
        if len(data) > settings.limits.remote_bytes:
            raise RemoteFileError
        _redraw(data, path, settings.limits)
        x, y = GRAVITIES[watermark.gravity]
        overlays.append(Overlay(path, f"{x}{watermark.offset_x:+}", f"{y}{watermark.offset_y:+}"))
    if watermark.text is not None:
        path = workspace / "watermark-text.png"
        mark = watermark.text
        most = settings.limits.watermark_pixels
        # ffmpeg's build has no drawtext (it was made without HarfBuzz): Pillow draws.
        drawn = draw_text(mark.text, mark.font, mark.size_pixels, mark.colour, most)
        drawn.save(path, "PNG", compress_level=1)
        x, y = GRAVITIES[mark.gravity]
        overlays.append(Overlay(path, x, y))
    return tuple(overlays)


def _redraw(data: bytes, path: Path, limits: MediaLimits) -> None:
    bounds = replace(
        limits,
        image_pixels=limits.watermark_pixels,
        image_decode_pixels=limits.watermark_pixels,
    )
    try:
        with opened(io.BytesIO(data), bounds) as picture:
            picture.admit_decoding(bounds, None, 1)
            image = to_eight_bits(picture.decoded(bounds)).convert("RGBA")
            image.save(path, "PNG", compress_level=1)
    except (UnprocessableSourceError, SourceTooLargeError) as error:
        raise RemoteFileError from error
