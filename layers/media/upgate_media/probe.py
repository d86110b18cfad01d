"""What a media file holds, read by PyAV in this process: streams, durations, rates.

Only formats that carry media themselves may be opened. A playlist or a description of a session
names other files and hosts, and would have them read in the name of its author.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from upgate.contents.media_sniffing import sniff
from upgate.errors import SourceTooLargeError, UnprocessableSourceError
from upgate.limits import SNIFF_BYTES
from upgate_media.counted_length import counted_seconds
from upgate_media.film_colour import Colours
from upgate_media.media_limits import MediaLimits

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

# Demuxers of self-contained files. Not here, on purpose: hls, dash, concat, sdp, rtsp, image2, imf,
# mpjpeg, ffmetadata, subtitles, and the raw formats that would take any bytes for sound.
FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,dv,eac3,flac,flv,gif,h264,hevc,ivf,m4v,matroska,mov,"
    "mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,ogg,tta,w64,wav,wv"
)
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
# Of these without a length ffmpeg guesses one from the first frames, and from the size.
_GUESSED = frozenset({"aac", "ac3", "amr", "dts", "eac3", "h264", "hevc", "m4v", "mpegvideo"})
RECORDED = frozenset({"mov", "matroska"})  # their frames tell times, not lengths
CLOSE_SECONDS = 0.1
_MICROSECONDS = 1_000_000
_FRAME_RATE = 1000.0  # raw DV tells 60000
_FULL_RANGE = 2  # ffmpeg's AVCOL_RANGE_JPEG


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The first audio stream; bit rate in bit/s, None where the file does not tell.

    `frames` is 0 where the file does not count them.
    """

    index: int
    codec: str
    bit_rate: int | None
    sample_rate: int
    channels: int
    frames: int
    duration_seconds: float | None


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The first video stream that is not a cover; size in pixels as a player shows it, upright."""

    index: int
    codec: str
    width: int
    height: int
    bit_rate: int | None
    frame_rate: float
    frames: int
    duration_seconds: float | None
    colours: Colours = field(default_factory=Colours)


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A file; `demuxer` is ffmpeg's name for its format, of which `format_name` lists them all."""

    format_name: str
    duration_seconds: float | None
    audio: AudioFacts | None
    video: VideoFacts | None
    has_subtitles: bool

    @property
    def demuxer(self) -> str:
        """One name, for `-f`."""
        return self.format_name.partition(",")[0]


def probe(source: Path | BinaryIO, limits: MediaLimits) -> MediaFacts:
    """Read the headers of a file, and no more of it than ffmpeg needs to know the streams.

    Raises:
        UnprocessableSourceError: not audio or video, broken or empty.
        SourceTooLargeError: beyond a limit in seconds, pixels or streams.
    """
    with opened(source) as container:
        facts = _facts(container)
        started = (container.start_time or 0) / _MICROSECONDS
        if len(container.streams) > limits.streams:
            raise SourceTooLargeError(f"the source has more than {limits.streams} streams")
    facts = _measured(facts, counted(source, facts.demuxer, started))
    if facts.audio is None and facts.video is None:
        raise UnprocessableSourceError("the source holds neither audio nor video")
    if (facts.duration_seconds or 0) > limits.duration_seconds:
        raise SourceTooLargeError(
            f"the source lasts longer than {limits.duration_seconds:.0f} seconds"
        )
    if facts.video and facts.video.width * facts.video.height > limits.video_pixels:
        raise SourceTooLargeError(
            f"{facts.video.width}x{facts.video.height} is more than {limits.video_pixels} pixels"
        )
    return facts


def counted(source: Path | BinaryIO, demuxer: str, started: float) -> float | None:
    """The length in seconds where ffmpeg would guess it, from `started` seconds on; else None."""
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as stream:
        size = stream.seek(0, 2)
        seconds = counted_seconds(stream, size, demuxer)
        stream.seek(0)
    if seconds is None or demuxer not in RECORDED:
        return seconds
    return max(0.0, seconds - max(0.0, started))


@contextmanager
def opened(source: Path | BinaryIO) -> Iterator[InputContainer]:
    """The file, opened by PyAV under the allow-lists.

    Raises:
        UnprocessableSourceError: ffmpeg finds none of its formats in it, or it is empty.
    """
    import av

    if _is_empty(source):
        raise UnprocessableSourceError("the source is empty")
    # An absolute path, or a name such as `http:...` would be a protocol.
    name = str(source.resolve()) if isinstance(source, Path) else source
    try:
        container = av.open(name, mode="r", options=OPTIONS)
    except (av.FFmpegError, ValueError) as error:
        raise UnprocessableSourceError(_why_unreadable(source)) from error
    with container:
        yield container


def display_matrix(stream: VideoStream) -> tuple[int, ...] | None:
    """The nine numbers by which a player turns the picture (ISO 14496-12, 8.3.2), if there are."""
    context = stream.codec_context  # None: a codec that this build does not know
    matrix = context.coded_side_data.get("display_matrix") if context is not None else None
    return struct.unpack("<9i", matrix) if matrix is not None and len(matrix) == 36 else None


def clockwise_degrees(matrix: tuple[int, ...]) -> int:
    """How far a player turns the picture clockwise: whole degrees, 0 to 359."""
    first, second, _, third, fourth, *_ = matrix
    across, down = math.hypot(first, third), math.hypot(second, fourth)
    if not across or not down:
        return 0
    return round(math.degrees(math.atan2(second / down, first / across))) % 360


def is_mirrored(matrix: tuple[int, ...]) -> bool:
    """Whether a player also flips the picture, which no angle tells."""
    first, second, _, third, fourth, *_ = matrix
    return first * fourth - second * third < 0


def is_cover(stream: Stream) -> bool:
    """A picture that belongs to a song."""
    return "attached_pic" in (stream.disposition.name or "")


def _is_empty(source: Path | BinaryIO) -> bool:
    if isinstance(source, Path):
        return source.stat().st_size == 0
    is_empty = source.seek(0, 2) == 0
    source.seek(0)
    return is_empty


def _why_unreadable(source: Path | BinaryIO) -> str:
    if isinstance(source, Path):
        with source.open("rb") as stream:
            prefix = stream.read(SNIFF_BYTES)
    else:
        source.seek(0)
        prefix = source.read(SNIFF_BYTES)
    found = sniff(prefix)
    if found is None:
        return "the source is not audio or video: no known format was found in it"
    if found.startswith(("audio/", "video/")):
        return f"the source begins as {found} and cannot be read: it is cut off or damaged"
    return f"the source is not audio or video but {found}"


def _facts(container: InputContainer) -> MediaFacts:
    seconds = container.duration / _MICROSECONDS if container.duration else None
    video = next((s for s in container.streams.video if _is_video(s)), None)
    audio = next((s for s in container.streams.audio if _is_audio(s)), None)
    return MediaFacts(
        format_name=container.format.name,
        duration_seconds=seconds,
        audio=_audio_facts(audio, container) if audio is not None else None,
        video=_video_facts(video) if video is not None else None,
        has_subtitles=bool(container.streams.subtitles),
    )


def _measured(facts: MediaFacts, seconds: float | None) -> MediaFacts:
    """The facts with a length that was counted in place of a guess, which nobody is refused by."""
    if seconds is None and facts.demuxer not in _GUESSED:
        return facts
    told = facts.duration_seconds
    if seconds is not None and told is not None and abs(told - seconds) < CLOSE_SECONDS:
        return replace(facts, duration_seconds=seconds)
    audio, video = facts.audio, facts.video
    return replace(
        facts,
        duration_seconds=seconds,
        audio=replace(audio, duration_seconds=seconds) if audio is not None else None,
        video=replace(video, duration_seconds=seconds) if video is not None else None,
    )


def _is_video(stream: VideoStream) -> bool:
    # No size: the header promises a picture that is nowhere in the file.
    return stream.codec_context is not None and bool(_pixels(stream)) and not is_cover(stream)


def _pixels(stream: VideoStream) -> int:
    return stream.width * stream.height


def _is_audio(stream: AudioStream) -> bool:
    return stream.codec_context is not None and bool(stream.codec_context.sample_rate)


def _audio_facts(stream: AudioStream, container: InputContainer) -> AudioFacts:
    rate = stream.bit_rate
    if not rate and len(container.streams) == 1:
        rate = container.bit_rate
    return AudioFacts(
        index=stream.index,
        codec=stream.codec_context.name,
        bit_rate=rate or None,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        frames=stream.frames,
        duration_seconds=_seconds(stream),
    )


def _video_facts(stream: VideoStream) -> VideoFacts:
    width, height = stream.width, stream.height
    matrix = display_matrix(stream)
    if matrix is not None and round(clockwise_degrees(matrix) / 90) % 2:
        width, height = height, width
    rates = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    rate = next((float(rate) for rate in rates if rate and 0 < rate <= _FRAME_RATE), None)
    return VideoFacts(
        index=stream.index,
        codec=stream.codec_context.name,
        width=width,
        height=height,
        bit_rate=stream.bit_rate or None,
        frame_rate=rate or 25.0,
        frames=stream.frames,
        duration_seconds=_seconds(stream),
        colours=_colours(stream.codec_context),
    )


def _colours(context: VideoCodecContext) -> Colours:
    is_rgb = (context.pix_fmt or "").startswith(("gbr", "rgb", "bgr"))
    return Colours(
        transfer=int(context.color_trc),
        primaries=int(context.color_primaries),
        matrix=0 if is_rgb else int(context.colorspace),
        is_full_range=is_rgb or int(context.color_range) == _FULL_RANGE,
    )


def _seconds(stream: Stream) -> float | None:
    if not stream.duration or not stream.time_base:
        return None
    return float(stream.duration * stream.time_base)
