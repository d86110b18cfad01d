"""Rounded corners: roundPic, and iradius and rradius of imageMogr2.

What is outside becomes transparent, or white in a format that has no transparency.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media import image_arguments
from upgate_media.arguments import Arguments
from upgate_media.image_canvas import Canvas, Operation
from upgate_media.image_job import Job, work
from upgate_media.image_steps import AutoOrient, Cut
from upgate_media.run_types import MediaSettings, Output, Source

if TYPE_CHECKING:
    from PIL import Image

MOST_RADIUS = 9_999
_PARAMETERS = ("radius", "radiusx", "radiusy")
_RADIUS = re.compile(r"(?:([1-9][0-9]{0,3})|!([1-9][0-9]?)p)\Z", re.ASCII)
_MOST_PERCENT = 50
_FINENESS = 4  # an edge has so many steps a pixel, each way
_MOST_FINE_PIXELS = 1_000_000  # of a corner: a larger one is drawn at its own size, for the memory


@dataclass(frozen=True, slots=True)
class Radius:
    """In pixels, or in percent of the side that it runs along."""

    value: int
    is_percent: bool = False

    def along(self, side: int) -> int:
        """Pixels on a side of this length: at least one, at most half of it."""
        pixels = side * self.value // 100 if self.is_percent else self.value
        return min(max(pixels, 1), max(side // 2, 1))


@dataclass(frozen=True, slots=True)
class Round:
    """A step: each corner is a quarter of an ellipse with these radii."""

    across: Radius
    down: Radius

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        width, height = canvas.size
        return canvas, (Rounded(self.across.along(width), self.down.along(height)),)


@dataclass(frozen=True, slots=True)
class RoundEvenly:
    """A step: each corner is a quarter of a circle, at most as large as the shorter side takes."""

    radius: int

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        radius = Radius(self.radius).along(min(canvas.size))
        return canvas, (Rounded(radius, radius),)


@dataclass(frozen=True, slots=True)
class Circle:
    """A step: the circle in the middle, in a square as large as it is."""

    radius: int

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        width, height = canvas.size
        radius = Radius(self.radius).along(min(canvas.size))
        side = min(2 * radius, width, height)
        left, top = (width - side) // 2, (height - side) // 2
        cut = Cut((left, top, left + side, top + side))
        return Canvas((side, side), canvas.orientation), (cut, Rounded(radius, radius))


@dataclass(frozen=True, slots=True)
class Rounded:
    """The operation: corners by their radii in pixels."""

    across: int
    down: int

    def __call__(self, image: Image.Image) -> Image.Image:
        from PIL import ImageChops

        result = image.convert("RGBA")
        mask = self._mask(image.size)
        result.putalpha(ImageChops.multiply(result.getchannel("A"), mask))
        return result

    def _mask(self, size: tuple[int, int]) -> Image.Image:
        """Opacity: one corner is drawn large and shrunk, the others are its mirror images."""
        from PIL import Image, ImageDraw
        from PIL.Image import Transpose

        across, down = min(self.across, size[0]), min(self.down, size[1])
        fineness = _FINENESS if across * down <= _MOST_FINE_PIXELS else 1
        large = (across * fineness, down * fineness)
        corner = Image.new("L", large, 0)
        ImageDraw.Draw(corner).ellipse((0, 0, 2 * large[0] - 1, 2 * large[1] - 1), fill=255)
        corner = corner.resize((across, down), Image.Resampling.BOX)
        mirrored = corner.transpose(Transpose.FLIP_LEFT_RIGHT)
        right, bottom = size[0] - across, size[1] - down
        mask = Image.new("L", size, 255)
        mask.paste(corner, (0, 0))
        mask.paste(mirrored, (right, 0))
        mask.paste(corner.transpose(Transpose.FLIP_TOP_BOTTOM), (0, bottom))
        mask.paste(mirrored.transpose(Transpose.FLIP_TOP_BOTTOM), (right, bottom))
        return mask


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """roundPic: the picture with round corners; PNG where its own format has no transparency."""
    return work(parse(fop), source, workspace, settings)


def parse(fop: Fop) -> Job:
    """`roundPic/radius/<r>` or `/radiusx/<r>/radiusy/<r>`, pixels or `!25p`; raises BadFopError."""
    Arguments.parse(fop.name, fop.args, _PARAMETERS)
    texts = image_arguments.texts(fop.args)
    if not texts:
        raise BadFopError(f"{fop.name}: neither /radius nor /radiusx and /radiusy")
    if "radius" in texts and len(texts) > 1:
        raise BadFopError(f"{fop.name}: /radius goes without /radiusx and /radiusy")
    radii = {name: _radius(fop.name, name, text) for name, text in texts.items()}
    only = next(iter(radii.values()))
    across, down = radii.get("radiusx", only), radii.get("radiusy", only)
    return Job(steps=(AutoOrient(), Round(across, down)), source_quality=True, needs_alpha=True)


def _radius(command: str, name: str, text: str) -> Radius:
    found = _RADIUS.match(text)
    if found is None or int(found[2] or 0) > _MOST_PERCENT:
        raise BadFopError(
            f"{command}: {name} must be 1 to {MOST_RADIUS} pixels, or !1p to !{_MOST_PERCENT}p"
        )
    return Radius(int(found[1] or found[2]), is_percent=found[1] is None)
