"""`vframe`: one picture out of a video (protocol.md 9.6)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from upgate.errors import BadFopError, SourceTooLargeError, UnprocessableSourceError
from upgate.fops.fop import Fop
from upgate_media.arguments import Arguments
from upgate_media.ffmpeg import source_input
from upgate_media.ffmpeg_process import run_ffmpeg
from upgate_media.ffmpeg_program import executable
from upgate_media.media_limits import MediaLimits
from upgate_media.probe import VideoFacts, probe
from upgate_media.run_types import MediaSettings, Output, Source

_WIDTH, _HEIGHT = 3840, 2160  # protocol.md 9.6
_FORMATS = {
    "jpg": ("image/jpeg", ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p")),
    "png": ("image/png", ("-c:v", "png", "-pix_fmt", "rgb24")),
}
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
    for offset in _offsets(options.offset_seconds, seconds, facts.video):
        arguments = [
            *("-ss", f"{offset:.6f}"),
            *source_input(source.path, facts.demuxer, limits),
            *("-map", f"0:{facts.video.index}", "-frames:v", "1", "-vf", _filters(options)),
            *(*encoder, "-f", "image2", "-update", "1", f"file:{output}"),
        ]
        run_ffmpeg(executable(), arguments, workspace, left, limits)
        if output.exists() and output.stat().st_size:
            return Output(output, mime_type)
    raise UnprocessableSourceError("the source has no frame there: it is damaged or cut off")


def _offsets(asked: float, seconds: float | None, video: VideoFacts) -> list[float]:
    """Where to look: nothing begins within the last frame's own time, so look before that too."""
    if seconds is None:
        return [asked]
    last = max(0.0, seconds - 1.5 / video.frame_rate)
    return [min(asked, last), max(0.0, last - 1.0)] if asked > last else [asked]


def _filters(options: VframeOptions) -> str:
    steps = ["scale=iw*sar:ih,setsar=1"] if not (options.width and options.height) else []
    if options.rotate:
        steps.insert(0, _TURNS[options.rotate])
    if options.width or options.height:
        steps.append(f"scale={options.width or -1}:{options.height or -1},setsar=1")
    return ",".join(steps)
