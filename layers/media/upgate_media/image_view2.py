"""imageView2 (protocol.md 9.6): a thumbnail by one of six rules; it never enlarges.

The picture is turned upright by its EXIF orientation first, as Kodo's documents say. The result
has no metadata: what a camera wrote, place included, is not for a thumbnail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media import image_arguments
from upgate_media.arguments import Arguments
from upgate_media.image_canvas import Canvas, Operation
from upgate_media.image_formats import parse_format
from upgate_media.image_geometry import Crop, Gravity, Size, scaled
from upgate_media.image_job import Job, work
from upgate_media.image_quality import AS_USUAL, read_quality
from upgate_media.image_steps import AutoOrient, Cut, Scale
from upgate_media.run_types import MediaSettings, Output, Source

_PARAMETERS = ("w", "h", "format", "interlace", "q", "colors", "ignore-error")
_MOST_SIDE = 9_999
_BY_EDGE = frozenset((0, 4, 5))  # /w is the long edge and /h the short one
_COVERING = frozenset((1, 3, 4, 5))  # an absent side is the other one; else it is free
_CROPPING = frozenset((1, 5))


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Make the thumbnail; raises BadFopError and what image_job.work raises."""
    return work(parse(fop), source, workspace, settings)


def parse(fop: Fop) -> Job:
    """Check every parameter; raises BadFopError."""
    if not fop.args:
        raise BadFopError(f"{fop.name}: the mode is missing")
    mode = Arguments(fop.name, {"mode": fop.args[0]}).integer("mode", 0, 5)
    arguments = Arguments.parse(fop.name, fop.args[1:], _PARAMETERS)
    texts = image_arguments.texts(fop.args[1:])
    return Job(
        steps=(AutoOrient(), View(mode or 0, *read_sides(arguments))),
        format=parse_format(texts["format"]) if "format" in texts else None,
        quality=read_quality(fop.name, "q", texts["q"]) if "q" in texts else AS_USUAL,
        interlaced=arguments.flag("interlace") or False,
        colours=arguments.integer("colors", 2, 256) or 256,
        ignores_errors=arguments.flag("ignore-error") or False,
    )


def read_sides(arguments: Arguments) -> tuple[int | None, int | None]:
    """/w and /h."""
    return arguments.integer("w", 1, _MOST_SIDE), arguments.integer("h", 1, _MOST_SIDE)


@dataclass(frozen=True, slots=True)
class View:
    """The scaling of a mode, and the cut of modes 1 and 5; nothing without a size."""

    mode: int
    width: int | None
    height: int | None

    def plan(self, canvas: Canvas) -> tuple[Canvas, Sequence[Operation]]:
        wanted = self._wanted(canvas.size)
        factors = [
            Fraction(side, whole)
            for side, whole in zip(wanted, canvas.size, strict=True)
            if side is not None
        ]
        if not factors:
            return canvas, ()
        factor = max(factors) if self.mode in _COVERING else min(factors)
        size = scaled(canvas.size, min(factor, Fraction(1)))
        operations: list[Operation] = [Scale(size)] if size != canvas.size else []
        if self.mode in _CROPPING:
            box = Crop(*wanted).box(size, Gravity.CENTER)
            if box != (0, 0, *size):
                operations.append(Cut(box))
                size = (box[2] - box[0], box[3] - box[1])
        return Canvas(size, canvas.orientation), operations

    def _wanted(self, size: Size) -> tuple[int | None, int | None]:
        """Wanted width and height, from long and short edge where the mode has those."""
        width, height = self.width, self.height
        if self.mode in _COVERING:
            width, height = width or height, height or width
        if self.mode in _BY_EDGE and size[0] < size[1]:
            return height, width
        return width, height
