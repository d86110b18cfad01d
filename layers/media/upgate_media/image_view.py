"""imageView (protocol.md 9.6), the form of 2012: mode 1 fills a rectangle, mode 2 fits into one.

Unlike imageView2, mode 1 enlarges where it must, and the default quality is 85.
"""

from __future__ import annotations

from pathlib import Path

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media import image_arguments, image_view2
from upgate_media.arguments import Arguments
from upgate_media.image_canvas import Step
from upgate_media.image_formats import AVIF, parse_format
from upgate_media.image_geometry import Crop, Gravity, Size, parse_thumbnail
from upgate_media.image_job import Job, work
from upgate_media.image_quality import AS_USUAL, read_quality
from upgate_media.image_steps import AutoOrient, CropTo, Resize
from upgate_media.run_types import MediaSettings, Output, Source

_PARAMETERS = ("w", "h", "q", "format")
_QUALITY = 85


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Make the thumbnail; raises BadFopError and what image_job.work raises."""
    return work(parse(fop), source, workspace, settings)


def parse(fop: Fop) -> Job:
    """Check every parameter; raises BadFopError."""
    if not fop.args:
        raise BadFopError(f"{fop.name}: the mode is missing")
    mode = Arguments(fop.name, {"mode": fop.args[0]}).integer("mode", 1, 2)
    arguments = Arguments.parse(fop.name, fop.args[1:], _PARAMETERS)
    width, height = image_view2.read_sides(arguments)
    texts = image_arguments.texts(fop.args[1:])
    result = parse_format(texts["format"]) if "format" in texts else None
    return Job(
        steps=(
            AutoOrient(),
            *(_filling(width, height) if mode == 1 else (image_view2.View(2, width, height),)),
        ),
        format=result,
        quality=read_quality(fop.name, "q", texts["q"]) if "q" in texts else AS_USUAL,
        default_quality=None if result is AVIF else _QUALITY,
    )


def _filling(width: int | None, height: int | None) -> tuple[Step, ...]:
    across, down = width or height, height or width
    if across is None or down is None:
        return ()
    crop = Crop(across, down)

    def cover(size: Size) -> Size:
        return parse_thumbnail(f"!{across}x{down}r")(size)

    return Resize(cover), CropTo(lambda size: crop.box(size, Gravity.CENTER))
