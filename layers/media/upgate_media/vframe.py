"""`vframe`: one picture out of a video (protocol.md 9.6)."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from upgate.errors import BadFopError, SourceTooLargeError, UnprocessableSourceError
from upgate.fops.fop import Fop
from upgate_media.arguments import Arguments
from upgate_media.ffmpeg import source_input
from upgate_media.ffmpeg_process import run_ffmpeg
from upgate_media.ffmpeg_program import executable
from upgate_media.film_colour import bt709_steps
from upgate_media.media_limits import MediaLimits
from upgate_media.probe import VideoFacts, probe
from upgate_media.run_types import MediaSettings, Output, Source

_WIDTH, _HEIGHT = 3840, 2160  # protocol.md 9.6
_FORMATS = {
    "jpg": ("image/jpeg", ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p")),
    "png": ("image/png", ("-c:v", "png", "-pix_fmt", "rgb24")),
}
# JFIF: whoever reads a JPEG takes its colours for BT.601's, and films have BT.709's.
_JPEG_COLOURS = "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p"
_BACK_SECONDS = (10.0, math.inf)
_TURNS = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}


@dataclass(frozen=True, slots=True)
class VframeOptions:
    """Sizes in pixels; with one of them the picture keeps its shape, with both it takes theirs."""

    format: str
    offset_seconds: float
    width: int | None
    height: int | None
    rotate: int


def parse_vframe(fop: Fop, limits: MediaLimits) -> VframeOptions:
    """Read the arguments of `vframe`; raises BadFopError."""
    if not fop.args or fop.args[0] not in _FORMATS:
        raise BadFopError("vframe: the format must be jpg or png")
    arguments = Arguments.parse("vframe", fop.args[1:], ("offset", "w", "h", "rotate"))
    offset = arguments.decimal("offset", 0, limits.duration_seconds)
    if offset is None:
        raise BadFopError("vframe: offset is missing")
    rotate = arguments.choice("rotate", ("90", "180", "270", "auto"))
    return VframeOptions(
        format=fop.args[0],
        offset_seconds=offset,
        width=arguments.integer("w", 1, _WIDTH),
        height=arguments.integer("h", 1, _HEIGHT),
        rotate=int(rotate) if rotate and rotate != "auto" else 0,
    )


def run_vframe(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Take the frame that is shown at the offset; an offset in the last frame gives the last.

    Raises:
        BadFopError: a parameter is wrong, or the offset past the end.
        UnprocessableSourceError: no video, or a damaged one.
        SourceTooLargeError: beyond a limit.
        TooSlowError: it took longer than settings.seconds_left.
    """
    limits = settings.limits
    options = parse_vframe(fop, limits)
    if source.size_bytes > limits.source_bytes:
        raise SourceTooLargeError(f"the source has more than {limits.source_bytes} bytes")
    facts = probe(source.path, limits)
    if facts.video is None:
        raise UnprocessableSourceError("the source has no video")
    seconds = facts.video.duration_seconds or facts.duration_seconds
    if seconds is not None and options.offset_seconds > seconds:
        raise BadFopError(f"vframe: offset is past the end of the video ({seconds:.3f} s)")
    mime_type, encoder = _FORMATS[options.format]
    output = workspace.resolve() / f"output.{options.format}"
    left = min(settings.seconds_left, limits.picture_seconds)
    deadline = time.monotonic() + left
    for seek, offset in _seeks(options.offset_seconds, seconds, facts.video):
        arguments = [
            *("-ss", f"{seek:.6f}"),
            *source_input(source.path, facts.demuxer, limits),
            *("-map", f"0:{facts.video.index}", "-ss", f"{offset - seek:.6f}", "-frames:v", "1"),
            *("-vf", _filters(options, facts.video)),
            *(*encoder, "-f", "image2", "-update", "1", f"file:{output}"),
        ]
        with suppress(UnprocessableSourceError):
            run_ffmpeg(executable(), arguments, workspace, deadline - time.monotonic(), limits)
            if output.exists() and output.stat().st_size:
                return Output(output, mime_type)
    raise UnprocessableSourceError("the source has no frame there: it is damaged or cut off")


def _seeks(asked: float, seconds: float | None, video: VideoFacts) -> list[tuple[float, float]]:
    """Where to begin reading and which time to wait for, in seconds; one after the other.

    Nothing begins within the last frame's own time, so look before that too. And without an index
    ffmpeg begins where the bytes are (MPEG-TS), and finds nothing if no key frame follows.
    """
    offsets = [asked]
    if seconds is not None and asked > (last := max(0.0, seconds - 1.5 / video.frame_rate)):
        offsets = [last, max(0.0, last - 1.0)]
    seeks = [(offset, offset) for offset in offsets]
    for back in _BACK_SECONDS:
        seeks += [(max(0.0, offset - back), offset) for offset in offsets]
    return list(dict.fromkeys(seeks))


def _filters(options: VframeOptions, video: VideoFacts) -> str:
    turns = [_TURNS[options.rotate]] if options.rotate else []
    if options.width or options.height:
        square = ["scale=iw*sar:ih,setsar=1"] if not (options.width and options.height) else []
        sized = f"scale={options.width or -1}:{options.height or -1},setsar=1"
        # Which size that gives is known to ffmpeg alone: 1 stands for "perhaps odd".
        steps = [*turns, *square, sized, *bt709_steps(video.colours, 1, 1, as_rgb=True)]
    else:
        colours = bt709_steps(video.colours, video.width, video.height, as_rgb=True)
        steps = [*colours, *turns, "scale=iw*sar:ih,setsar=1"]
    if options.format == "jpg":
        steps.append(_JPEG_COLOURS)
    return ",".join(steps)
