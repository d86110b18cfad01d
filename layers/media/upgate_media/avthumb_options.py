"""`avthumb/...`: every parameter of protocol.md 9.5, read into one typed value."""

from __future__ import annotations

from dataclasses import dataclass

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media.arguments import Arguments
from upgate_media.av_codecs import (
    AUDIO_ENCODERS,
    CONTAINERS,
    SUBTITLE_ENCODERS,
    VIDEO_ENCODERS,
    Container,
)
from upgate_media.avthumb_hls import HLS_PARAMETERS, HlsOptions, parse_hls
from upgate_media.avthumb_presets import HLS_PRESETS, PRESETS, SIZES
from upgate_media.avthumb_watermark import WATERMARK_PARAMETERS, Watermark, parse_watermark
from upgate_media.media_limits import MediaLimits

_URL_BYTES = 4096
_AUDIO_RATES = (4_000, 1_000_000)
_VIDEO_RATES = (16_000, 100_000_000)
_AAC_QUALITIES, _MP3_QUALITIES = (10, 500), (0, 9)
_COMMON_NAMES = frozenset(["ss", "t", "stripmeta", "an", "vn"])
_AUDIO_NAMES = frozenset(["ab", "aq", "ar", "ac", "acodec", "audioProfile", "writeXing"])
_VIDEO_NAMES = WATERMARK_PARAMETERS | frozenset(
    ["r", "vb", "vcodec", "s", "autoscale", "aspect", "rotate", "scodec", "subtitle"]
)


@dataclass(frozen=True, slots=True)
class AudioOptions:
    """`bit_rate` in bit/s or `quality` (of the encoder's own scale), never both; rate in Hz."""

    encoder: str
    bit_rate: int | None
    quality: int | None
    sample_rate: int | None
    channels: int | None
    write_xing: bool


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """`size` in pixels; `fits` keeps the shape within it; `rotate` clockwise in degrees."""

    encoder: str
    bit_rate: int | None
    frame_rate: float | None
    size: tuple[int, int] | None
    fits: bool
    aspect: tuple[int, int] | None
    rotate: int


@dataclass(frozen=True, slots=True)
class SubtitleOptions:
    """The encoder, and the URL of a subtitle file; without one, the source's own are taken."""

    encoder: str
    url: str | None


@dataclass(frozen=True, slots=True)
class AvthumbOptions:
    """A whole command. `audio` or `video` is None where it is dropped or has no place.

    Without `asks_sample_rate` the audio's sample rate is the format's own, and only ever lowers the
    source's.
    """

    container: Container
    audio: AudioOptions | None
    video: VideoOptions | None
    subtitles: SubtitleOptions | None
    watermark: Watermark
    hls: HlsOptions | None
    start_seconds: float
    duration_seconds: float | None
    strips_metadata: bool
    asks_sample_rate: bool


def parse_avthumb(fop: Fop, limits: MediaLimits) -> AvthumbOptions:
    """Read the arguments of `avthumb`.

    Raises:
        BadFopError: unknown format or parameter, a value out of its range, two that exclude each
            other, an encoder that the format does not hold.
    """
    container, arguments = _arguments(fop)
    arguments.exclude("ab", "aq")
    audio: AudioOptions | None = _audio(container, arguments)
    video = _video(container, arguments, limits) if container.has_video else None
    subtitles, watermark = _subtitles(container, arguments), parse_watermark(arguments)
    if arguments.flag("vn"):
        video, subtitles, watermark = None, None, Watermark()
    if arguments.flag("an"):
        if video is None:
            raise BadFopError("avthumb: nothing would be left without audio and without video")
        audio = None
    return AvthumbOptions(
        container=container,
        audio=audio,
        video=video,
        subtitles=subtitles,
        watermark=watermark,
        hls=parse_hls(arguments) if container.name == "m3u8" else None,
        start_seconds=arguments.decimal("ss", 0, limits.duration_seconds) or 0.0,
        duration_seconds=arguments.decimal("t", 0.001, limits.duration_seconds),
        strips_metadata=bool(arguments.flag("stripmeta")),
        asks_sample_rate="ar" in arguments,
    )


def _arguments(fop: Fop) -> tuple[Container, Arguments]:
    """The container and the arguments; a preset's stand where the command says nothing."""
    if not fop.args:
        raise BadFopError("avthumb: the format is missing")
    name, *pairs = fop.args
    preset = PRESETS.get(name)
    container = CONTAINERS.get(preset.container if preset else name)
    if container is None:
        known = ", ".join([*CONTAINERS, *PRESETS])
        raise BadFopError(f"avthumb: unknown format {name[:40]}; known: {known}")
    if container.name == "m3u8":
        pairs = _with_preset_named(pairs)
    known_names = _COMMON_NAMES | _AUDIO_NAMES | _VIDEO_NAMES | HLS_PARAMETERS
    arguments = Arguments.parse("avthumb", pairs, known_names)
    if not container.has_video:
        arguments.allow_only(_COMMON_NAMES | _AUDIO_NAMES, f"is not for {container.name}")
    elif container.name != "m3u8":
        arguments.allow_only(known_names - HLS_PARAMETERS, "is for m3u8")
    defaults = dict(preset.parameters) if preset else {}
    if hls_preset := arguments.choice("preset", HLS_PRESETS):
        defaults.update(HLS_PRESETS[hls_preset])
    if "aq" in arguments:
        defaults.pop("ab", None)
    return container, arguments.over(defaults)


def _with_preset_named(pairs: list[str]) -> list[str]:
    """`segtime/15/video_240k`: Kodo's documents also write an HLS preset without its name."""
    for index in range(0, len(pairs), 2):
        if pairs[index] in HLS_PRESETS:
            return [*pairs[:index], "preset", *pairs[index:]]
    return pairs


def _audio(container: Container, arguments: Arguments) -> AudioOptions:
    name = arguments.choice("acodec", AUDIO_ENCODERS)
    encoder = AUDIO_ENCODERS[name] if name else container.audio[0]
    _check_fits(container, "acodec", encoder, container.audio)
    # The encoder writes the LC profile only: every player that takes HE takes LC as well.
    if arguments.choice("audioProfile", ("aac_low", "aac_he")) and encoder != "aac":
        raise BadFopError("avthumb: audioProfile is for AAC")
    if arguments.flag("writeXing") is not None and container.name != "mp3":
        raise BadFopError("avthumb: writeXing is for mp3")
    quality = None
    if "aq" in arguments:
        if encoder not in ("libmp3lame", "aac"):
            raise BadFopError("avthumb: aq is for mp3 and aac")
        quality = arguments.integer("aq", *_AAC_QUALITIES if encoder == "aac" else _MP3_QUALITIES)
    bit_rate = arguments.bit_rate("ab", *_AUDIO_RATES)
    return AudioOptions(
        encoder=encoder,
        bit_rate=bit_rate if bit_rate or quality is not None else container.audio_bit_rate,
        quality=quality,
        sample_rate=arguments.integer("ar", 4_000, 192_000) or container.sample_rate,
        channels=arguments.integer("ac", 1, 8),
        write_xing=arguments.flag("writeXing") is not False,
    )


def _video(container: Container, arguments: Arguments, limits: MediaLimits) -> VideoOptions:
    encoder = arguments.choice("vcodec", VIDEO_ENCODERS) or container.video[0]
    _check_fits(container, "vcodec", encoder, container.video)
    rotate = arguments.choice("rotate", ("90", "180", "270", "auto"))
    size = arguments.size("s", SIZES, limits.output_side_pixels)
    fits = bool(arguments.flag("autoscale"))
    if fits and size is None:
        raise BadFopError("avthumb: autoscale needs s")
    return VideoOptions(
        encoder=encoder,
        bit_rate=arguments.bit_rate("vb", *_VIDEO_RATES) or container.video_bit_rate,
        frame_rate=arguments.decimal("r", 0.1, limits.output_frame_rate),
        size=size,
        fits=fits,
        aspect=arguments.ratio("aspect"),
        rotate=int(rotate) if rotate and rotate != "auto" else 0,
    )


def _subtitles(container: Container, arguments: Arguments) -> SubtitleOptions | None:
    encoder = arguments.choice("scodec", SUBTITLE_ENCODERS)
    url = arguments.url("subtitle", _URL_BYTES)
    if encoder is None and url is None:
        return None
    if not container.subtitles:
        raise BadFopError(f"avthumb: {container.name} holds no subtitles")
    if encoder is not None:
        _check_fits(container, "scodec", encoder, container.subtitles)
    return SubtitleOptions(encoder or container.subtitles[0], url)


def _check_fits(container: Container, name: str, encoder: str, held: tuple[str, ...]) -> None:
    if encoder not in held:
        raise BadFopError(
            f"avthumb: {name} {encoder} does not go into {container.name}; {', '.join(held)} would"
        )
