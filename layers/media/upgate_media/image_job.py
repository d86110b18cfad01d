"""From a source to a result: open, plan, decode, work, encode; the same for every image command."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from upgate.errors import (
    BadFopError,
    FopError,
    OutputTooLargeError,
    SourceTooLargeError,
    TooSlowError,
    UnprocessableSourceError,
)
from upgate.images.eight_bits import to_eight_bits
from upgate.images.picture import Pixels, Timing
from upgate_media import image_formats
from upgate_media.image_canvas import Step
from upgate_media.image_colour import plain, to_srgb
from upgate_media.image_exif import with_orientation
from upgate_media.image_formats import ImageFormat
from upgate_media.image_open import Opened, opened
from upgate_media.image_output import Animation, Encoding, SizeLimit, prepared, write
from upgate_media.image_plan import Plan, plan
from upgate_media.image_quality import AS_USUAL, Quality
from upgate_media.image_steps import Scale
from upgate_media.media_limits import MediaLimits
from upgate_media.run_types import MediaSettings, Output, Source

if TYPE_CHECKING:
    from PIL import Image

# Seconds for a megapixel, three to five times what a desktop core takes: for refusing what cannot
# end, not for predicting.
_DECODE_SECONDS = 0.05
_STEP_SECONDS = 0.15
_ENCODE_SECONDS = {"avif": 0.5, "gif": 0.3, "webp": 0.3, "png": 0.5}
_ENCODE_SECONDS_ELSE = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """What a command comes to. `format` None keeps the source's.

    `needs_alpha`: a format of the source's that has no transparency gives way to PNG.
    `never_grows`: a result that is not smaller than the source gives way to the source itself.
    `source_quality`: an unset quality is the source's own instead of the format's default.
    """

    steps: tuple[Step, ...]
    format: ImageFormat | None = None
    quality: Quality = AS_USUAL
    default_quality: int | None = None
    source_quality: bool = False
    interlaced: bool = False
    colours: int = 256
    keeps_exif: bool = False
    size_limit: SizeLimit | None = None
    ignores_errors: bool = False
    needs_alpha: bool = False
    never_grows: bool = False


def work(job: Job, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Process a picture.

    With `ignore-error/1`, and for `size-limit/...!`, the result may be the source itself.

    Raises:
        BadFopError: the command does not fit this picture, such as a crop beside it.
        UnprocessableSourceError: no picture, an empty or a broken one.
        SourceTooLargeError, OutputTooLargeError: beyond settings.limits.
        TooSlowError: it would not end, or did not end, within settings.seconds_left.
    """
    try:
        return _work(job, source, workspace, settings)
    except FopError:
        if job.ignores_errors:
            return Output(source.path, source.mime_type)
        raise


def _work(job: Job, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    limits, deadline = settings.limits, time.monotonic() + settings.seconds_left
    size_bytes = source.path.stat().st_size
    if size_bytes == 0:
        raise UnprocessableSourceError("the file is empty")
    if size_bytes > limits.image_source_bytes:
        raise SourceTooLargeError(
            f"the picture has {size_bytes} bytes, at most {limits.image_source_bytes} are processed"
        )
    if len(job.steps) > limits.image_steps:
        raise BadFopError(f"more than {limits.image_steps} operations in one command")
    with source.path.open("rb") as stream, opened(stream, limits) as picture:
        result = _result_format(job, picture.format)
        course = plan(job.steps, picture.canvas)
        _admit_result(course, result, limits)
        keeps_frames = result.is_animated or result.name == picture.format
        frames = picture.frames if keeps_frames else 1
        picture.admit_decoding(limits, course.draft, frames)
        _admit_time(course, result, picture.picture.facts.size, frames, settings.seconds_left)
        encoding = _encoding(job, result, picture, course, size_bytes)
        finished = []
        animation = _Timing()
        for number in range(frames):
            pixels, timing = picture.pixels(number, limits)
            animation.add(timing)
            finished.append(prepared(_worked(pixels, picture, course), encoding))
            if time.monotonic() > deadline:
                raise TooSlowError(settings.seconds_left * frames / (number + 1))
        path = write(finished, encoding, animation.finished(), workspace)
    if _gives_way(job, result) and path.stat().st_size >= size_bytes:
        path.unlink()
        return Output(source.path, source.mime_type)
    return Output(path, result.mime_type)


def _worked(pixels: Pixels, picture: Opened, course: Plan) -> Image.Image:
    operations = list(course.operations)
    colour_at = course.colour_at
    if operations and isinstance(first := operations[0], Scale) and first.shrinks(pixels.size):
        image = first.of(pixels)
        operations, colour_at = operations[1:], max(colour_at - 1, 0)
    else:
        image = to_eight_bits(pixels.whole())
    for index, operation in enumerate(operations):
        if index == colour_at:
            image = to_srgb(image, picture.icc)
        image = operation(image)
    if colour_at == len(operations):
        image = to_srgb(image, picture.icc)
    return plain(image)


def _admit_result(course: Plan, result: ImageFormat, limits: MediaLimits) -> None:
    width, height = course.size
    if max(course.size) > limits.image_output_side_pixels:
        raise OutputTooLargeError(
            f"the result would be {width}x{height}, "
            f"at most {limits.image_output_side_pixels} a side are made"
        )
    most = limits.image_output_pixels
    if result is image_formats.AVIF:
        most = min(most, limits.image_avif_pixels)
    if width * height > most:
        raise OutputTooLargeError(
            f"the result would have {width * height} pixels, at most {most} are made"
        )
    if course.largest[0] * course.largest[1] > limits.image_decode_pixels:
        raise OutputTooLargeError(
            f"a picture of {course.largest[0]}x{course.largest[1]} would be made on the way, "
            f"at most {limits.image_decode_pixels} pixels are held at once"
        )


def _admit_time(
    course: Plan, result: ImageFormat, decoded: tuple[int, int], frames: int, seconds_left: float
) -> None:
    before, most, after = (
        size[0] * size[1] / 1_000_000 for size in (decoded, course.largest, course.size)
    )
    estimate = frames * (
        before * _DECODE_SECONDS
        + most * _STEP_SECONDS * len(course.operations)
        + after * _ENCODE_SECONDS.get(result.name, _ENCODE_SECONDS_ELSE)
    )
    if estimate > seconds_left:
        raise TooSlowError(estimate)


def _encoding(
    job: Job, result: ImageFormat, picture: Opened, course: Plan, size_bytes: int
) -> Encoding:
    default = job.default_quality or result.quality or 0
    source_quality = picture.quality
    if job.source_quality and source_quality is not None:
        default = source_quality
    limit = job.size_limit
    exif = picture.exif if job.keeps_exif and result.keeps_exif else None
    if exif is not None and course.orientation != picture.canvas.orientation:
        exif = with_orientation(exif, course.orientation)
    return Encoding(
        format=result,
        quality=job.quality.of_jpeg(default, source_quality, picture.canvas.size, course.size),
        interlaced=job.interlaced,
        colours=job.colours,
        limit_bytes=None if limit is None else limit.limit_bytes or size_bytes,
        exif=exif,
    )


def _result_format(job: Job, source: str) -> ImageFormat:
    same = job.format or image_formats.same_format(source)
    return image_formats.PNG if job.needs_alpha and not same.has_alpha else same


def _gives_way(job: Job, result: ImageFormat) -> bool:
    if job.never_grows:
        return True
    return job.size_limit is not None and job.size_limit.or_source and result is image_formats.JPEG


class _Timing:
    """Gathers what an animation's frames say about time as they are decoded."""

    def __init__(self) -> None:
        self._durations: list[int] = []
        self._loop: int | None = None

    def add(self, timing: Timing) -> None:
        self._durations.append(timing.duration)
        self._loop = timing.loop if timing.loop is not None else self._loop

    def finished(self) -> Animation:
        return Animation(tuple(self._durations), self._loop)
