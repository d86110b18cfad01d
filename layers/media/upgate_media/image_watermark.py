"""watermark/1, /2 and /3 (protocol.md 9.6): pictures and texts laid over every frame.

The picture is turned upright first, so that a text is not sideways on a phone's photograph. Quality
is the source's own: a watermark is not meant to compress.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upgate.errors import (
    BadFopError,
    OutputTooLargeError,
    RemoteFileError,
    SourceTooLargeError,
    UnprocessableSourceError,
)
from upgate.fops.fop import Fop
from upgate.images.eight_bits import to_eight_bits
from upgate_media import image_arguments
from upgate_media.arguments import Arguments
from upgate_media.image_canvas import Canvas, Operation
from upgate_media.image_colour import plain, to_srgb
from upgate_media.image_formats import AVIF, parse_format
from upgate_media.image_geometry import Gravity, Size, parse_gravity, place
from upgate_media.image_job import Job, work
from upgate_media.image_open import opened
from upgate_media.image_steps import AutoOrient
from upgate_media.image_text import draw_text
from upgate_media.media_limits import MediaLimits
from upgate_media.run_types import MediaSettings, Output, Source

if TYPE_CHECKING:
    from PIL import Image

_PLACING = ("dissolve", "gravity", "dx", "dy")
_PICTURE = ("image", "ws", "wst", *_PLACING)
_TEXT = ("text", "font", "fontsize", "fill", *_PLACING)
_KINDS: Final = {1: "image", 2: "text"}
_OF_ALL = ("format", "ignore-error")
_URL_BYTES, _TEXT_BYTES, _FONT_BYTES = 4096, 1024, 128
_MOST_OFFSET = 9_999
_OFFSET = 10
_TWIPS_PER_PIXEL = 20  # a twip is 1/20 point, a point a pixel: Kodo reckons with 72 DPI
_MOST_TWIPS, _TWIPS = 9_999, 240
_BLACK = (0, 0, 0, 255)
_QUALITY = 92  # of a JPEG made from another format: ImageMagick's own default


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture laid over another; an operation."""

    mark: Image.Image
    left: int
    top: int

    def __call__(self, image: Image.Image) -> Image.Image:
        from PIL import Image

        ground = image.convert("RGBA" if image.mode == "RGBA" else "RGB")
        if ground is image:
            ground = image.copy()
        if ground.mode == "RGB":
            ground.paste(self.mark.convert("RGB"), (self.left, self.top), self.mark.getchannel("A"))
            return ground
        layer = Image.new("RGBA", ground.size, (0, 0, 0, 0))
        layer.paste(self.mark, (self.left, self.top))
        return Image.alpha_composite(ground, layer)


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a watermark lies and how opaque it is, in percent."""

    gravity: Gravity
    dx: int
    dy: int
    dissolve: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """`/ws` and `/wst`: the share that a side of the watermark has of a side of the picture."""

    share: float
    side: int

    def size(self, mark: Size, canvas: Size) -> Size:
        """`/wst` 0 and 1 compare the short and the long sides, 2 the widths, 3 the heights."""
        lengths = [(min(size), max(size), size[0], size[1])[self.side] for size in (mark, canvas)]
        share = Fraction(self.share).limit_denominator(1_000_000)
        factor = lengths[1] * share / lengths[0]
        return max(1, int(mark[0] * factor)), max(1, int(mark[1] * factor))


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark, RGBA; a step. A picture larger than the canvas is left out, a text is not."""

    image: Image.Image
    placing: Placing
    scaling: Scaling | None
    is_text: bool
    most_pixels: int

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        mark, size = self.image, canvas.size
        if self.scaling is not None:
            width, height = self.scaling.size(mark.size, size)
            if width * height > self.most_pixels:
                raise OutputTooLargeError(f"the watermark would be {width}x{height} pixels")
            mark = mark.resize((width, height), reducing_gap=3.0)
        elif not self.is_text and (mark.width > size[0] or mark.height > size[1]):
            return canvas, ()
        placing = self.placing
        left, top = place(size, mark.size, placing.gravity, placing.dx, placing.dy)
        return canvas, (Overlay(_dissolved(mark, placing.dissolve), left, top),)


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Lay the watermarks over the picture, in the order in which they are written.

    A picture watermark larger than the picture is left out unless `/ws` scales it, as Kodo does.

    Raises:
        BadFopError: a bad parameter, a text that no font covers.
        RemoteFileError: a watermark that is no picture.
        Also what image_job.work and settings.fetch raise.
    """
    return work(parse(fop, settings), source, workspace, settings)


def parse(fop: Fop, settings: MediaSettings) -> Job:
    """Check every parameter, then fetch the pictures and draw the texts."""
    groups, rest = _grouped(fop, settings.limits)
    arguments = Arguments.parse(fop.name, rest, _OF_ALL)
    ignores_errors = arguments.flag("ignore-error") or False
    texts = image_arguments.texts(rest)
    result = parse_format(texts["format"]) if "format" in texts else None
    makers = [_MAKERS[kind](fop.name, group) for kind, group in groups]
    return Job(
        steps=(AutoOrient(), *(make(settings) for make in makers)),
        format=result,
        default_quality=_QUALITY if result is not AVIF else None,
        source_quality=True,
        keeps_exif=True,
        ignores_errors=ignores_errors,
    )


def _grouped(fop: Fop, limits: MediaLimits) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The arguments of each watermark, and those of all together."""
    if not fop.args:
        raise BadFopError(f"{fop.name}: the mode is missing")
    mode = Arguments(fop.name, {"mode": fop.args[0]}).integer("mode", 1, 3) or 0
    groups: list[tuple[str, list[str]]] = []
    rest: list[str] = []
    if mode != 3:
        groups.append((_KINDS[mode], []))
    for name, *value in _pairs(fop.args[1:]):
        if mode == 3 and name in _MAKERS:
            groups.append((name, []))
        if name in _OF_ALL:
            rest += [name, *value]
        elif groups:
            groups[-1][1].extend([name, *value])
        else:
            raise BadFopError(f"{fop.name}: {name[:40]} must come after /image or /text")
    if not groups:
        raise BadFopError(f"{fop.name}: neither /image nor /text")
    if len(groups) > limits.watermarks:
        raise BadFopError(f"{fop.name}: at most {limits.watermarks} watermarks in one command")
    return groups, rest


def _pairs(args: Sequence[str]) -> Iterator[Sequence[str]]:
    return (args[index : index + 2] for index in range(0, len(args), 2))


def _placing(arguments: Arguments, texts: Mapping[str, str]) -> Placing:
    dx = arguments.integer("dx", -_MOST_OFFSET, _MOST_OFFSET)
    dy = arguments.integer("dy", -_MOST_OFFSET, _MOST_OFFSET)
    return Placing(
        gravity=parse_gravity(texts["gravity"]) if "gravity" in texts else Gravity.SOUTH_EAST,
        dx=_OFFSET if dx is None else dx,
        dy=_OFFSET if dy is None else dy,
        dissolve=arguments.integer("dissolve", 1, 100) or 100,
    )


def _picture_mark(command: str, group: Sequence[str]) -> Maker:
    arguments = Arguments.parse(command, group, _PICTURE)
    placing = _placing(arguments, image_arguments.texts(group))
    url = arguments.url("image", _URL_BYTES)
    if url is None:
        raise BadFopError(f"{command}: image is missing")
    share = arguments.decimal("ws", 0, 1)
    side = arguments.integer("wst", 0, 3) or 0
    scaling = Scaling(share, side) if share else None

    def make(settings: MediaSettings) -> Mark:
        image = _fetched(url, settings)
        return Mark(image, placing, scaling, False, settings.limits.watermark_pixels)

    return make


def _text_mark(command: str, group: Sequence[str]) -> Maker:
    arguments = Arguments.parse(command, group, _TEXT)
    placing = _placing(arguments, image_arguments.texts(group))
    text = arguments.text("text", _TEXT_BYTES)
    if text is None:
        raise BadFopError(f"{command}: text is missing")
    font = arguments.text("font", _FONT_BYTES)
    twips = arguments.integer("fontsize", 0, _MOST_TWIPS) or _TWIPS
    fill = image_arguments.colour(arguments, "fill") or _BLACK

    def make(settings: MediaSettings) -> Mark:
        limits = settings.limits
        if len(text) > limits.watermark_text_characters:
            raise BadFopError(
                f"{command}: text has at most {limits.watermark_text_characters} characters"
            )
        size_pixels = max(1, round(twips / _TWIPS_PER_PIXEL))
        image = draw_text(text, font, size_pixels, fill, limits.watermark_pixels)
        return Mark(image, placing, None, True, limits.watermark_pixels)

    return make


def _fetched(url: str, settings: MediaSettings) -> Image.Image:
    limits = settings.limits
    data = settings.fetch(url)
    if len(data) > limits.remote_bytes:
        raise RemoteFileError
    bounds = replace(
        limits,
        image_pixels=limits.watermark_pixels,
        image_decode_pixels=limits.watermark_pixels,
    )
    try:
        with opened(io.BytesIO(data), bounds) as picture:
            picture.admit_decoding(bounds, None, 1)
            image = to_srgb(to_eight_bits(picture.decoded(bounds)), picture.icc)
            return plain(image.convert("RGBA"))
    except (UnprocessableSourceError, SourceTooLargeError) as error:
        raise RemoteFileError from error


def _dissolved(image: Image.Image, dissolve: int) -> Image.Image:
    if dissolve == 100:
        return image
    image = image.copy()
    opacity = [value * dissolve // 100 for value in range(256)]
    image.putalpha(image.getchannel("A").point(opacity))
    return image


type Maker = Callable[[MediaSettings], Mark]

_MAKERS: Final[Mapping[str, Callable[[str, Sequence[str]], Maker]]] = {
    "image": _picture_mark,
    "text": _text_mark,
}
