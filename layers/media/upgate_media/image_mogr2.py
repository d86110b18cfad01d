"""imageMogr2 (protocol.md 9.6): operations on the picture, in the order in which they are written.

Kodo's documents say so of auto-orient, thumbnail, gravity and crop, which may come in any order and
more than once; here it holds for rotate, blur and sharpen too. What concerns the file as a whole
(format, quality, interlace, strip, size-limit, colors) may stand anywhere. Without auto-orient the
picture is not turned; without strip its EXIF goes along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media import image_arguments
from upgate_media.image_arguments import Colour
from upgate_media.image_canvas import Step
from upgate_media.image_corners import MOST_RADIUS, Circle, RoundEvenly
from upgate_media.image_formats import parse_format
from upgate_media.image_geometry import Gravity, parse_crop, parse_gravity, parse_thumbnail
from upgate_media.image_job import Job, work
from upgate_media.image_output import parse_size_limit
from upgate_media.image_quality import AS_USUAL, read_quality
from upgate_media.image_steps import AutoOrient, Blur, CropTo, Resize, Rotate, Sharpen
from upgate_media.run_types import MediaSettings, Output, Source

_WHITE = (255, 255, 255, 255)
_MOST_RADIUS = 50
_MOST_SIGMA = 1_000


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Process the picture; raises BadFopError and what image_job.work raises."""
    return work(parse(fop), source, workspace, settings)


def parse(fop: Fop) -> Job:
    """Check every parameter; raises BadFopError."""
    reading = _Reading(fop.name)
    for name, value in image_arguments.in_order(fop.name, fop.args, _VALUED, _FLAGS):
        if name in _ONCE and name in reading.given:
            raise BadFopError(f"{fop.name}: {name} is given twice")
        reading.given[name] = value
        if (read := _STEPS.get(name)) is not None:
            read(reading, value)
    return reading.job()


@dataclass(slots=True)
class _Reading:
    """The steps so far, and what holds for those to come."""

    command: str
    steps: list[Step] = field(default_factory=list)
    gravity: Gravity = Gravity.NORTH_WEST
    background: Colour = _WHITE
    given: dict[str, str] = field(default_factory=dict)

    def integer(self, name: str, value: str, low: int, high: int) -> int:
        return image_arguments.one(self.command, name, value).integer(name, low, high) or 0

    def auto_orient(self, _: str) -> None:
        self.steps.append(AutoOrient())

    def thumbnail(self, value: str) -> None:
        self.steps.append(Resize(parse_thumbnail(value)))

    def set_gravity(self, value: str) -> None:
        self.gravity = parse_gravity(value)

    def crop(self, value: str) -> None:
        self.steps.append(CropTo(partial(parse_crop(value).box, gravity=self.gravity)))

    def set_background(self, value: str) -> None:
        arguments = image_arguments.one(self.command, "background", value)
        self.background = image_arguments.colour(arguments, "background") or _WHITE

    def rotate(self, value: str) -> None:
        self.steps.append(Rotate(self.integer("rotate", value, 1, 360), self.background))

    def blur(self, value: str) -> None:
        radius, _, sigma = value.partition("x")
        deviation = image_arguments.one(self.command, "blur", sigma).decimal("blur", 0, _MOST_SIGMA)
        if not deviation:
            raise BadFopError(f"{self.command}: blur must be <radius>x<sigma>, sigma above 0")
        self.steps.append(Blur(self.integer("blur", radius, 1, _MOST_RADIUS), deviation))

    def sharpen(self, value: str) -> None:
        if self.integer("sharpen", value, 0, 1):
            self.steps.append(Sharpen())

    def circle(self, value: str) -> None:
        self.steps.append(Circle(self.integer("iradius", value, 1, MOST_RADIUS)))

    def round(self, value: str) -> None:
        self.steps.append(RoundEvenly(self.integer("rradius", value, 1, MOST_RADIUS)))

    def job(self) -> Job:
        given = self.given
        return Job(
            steps=tuple(self.steps),
            format=parse_format(given["format"]) if "format" in given else None,
            quality=(
                read_quality(self.command, "quality", given["quality"])
                if "quality" in given
                else AS_USUAL
            ),
            interlaced=self.integer("interlace", given.get("interlace", "0"), 0, 1) == 1,
            colours=self.integer("colors", given.get("colors", "256"), 2, 256),
            keeps_exif="strip" not in given,
            size_limit=parse_size_limit(given["size-limit"]) if "size-limit" in given else None,
            ignores_errors=self.integer("ignore-error", given.get("ignore-error", "0"), 0, 1) == 1,
        )


_STEPS: dict[str, Callable[[_Reading, str], None]] = {
    "auto-orient": _Reading.auto_orient,
    "thumbnail": _Reading.thumbnail,
    "gravity": _Reading.set_gravity,
    "crop": _Reading.crop,
    "background": _Reading.set_background,
    "rotate": _Reading.rotate,
    "blur": _Reading.blur,
    "sharpen": _Reading.sharpen,
    "iradius": _Reading.circle,
    "rradius": _Reading.round,
}
_FLAGS = frozenset(("auto-orient", "strip"))
_ONCE = frozenset(
    ("strip", "format", "quality", "interlace", "colors", "size-limit", "ignore-error")
)
_VALUED = (frozenset(_STEPS) | _ONCE) - _FLAGS
