"""Encoders and containers: which goes into which, and what Kodo takes by default."""

from __future__ import annotations

from dataclasses import dataclass

# The names of the protocol (protocol.md 9.5) and what encodes them here. libfaac and libfdk_aac are
# not free software and in no build that may be passed on: ffmpeg's own AAC encoder stands in.
AUDIO_ENCODERS = {
    "libmp3lame": "libmp3lame",
    "libfaac": "aac",
    "libfdk_aac": "aac",
    "aac": "aac",
    "libvorbis": "libvorbis",
    "libopus": "libopus",
    "flac": "flac",
    "pcm_s16le": "pcm_s16le",
    "libopencore_amrnb": "libopencore_amrnb",
}
VIDEO_ENCODERS = ("libx264", "libvpx", "libvpx-vp9", "libtheora", "libxvid", "flv")
SUBTITLE_ENCODERS = ("mov_text", "srt", "ass", "webvtt")

_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
# What libvorbis can be told at a sample rate: the least bit rates of mono, of stereo and of each
# channel of more, and the most of each channel. Found by asking it (bisection, ffmpeg 9.0.2): what
# lies outside it refuses to open, and above 50 kHz it takes no rate at all.
_VORBIS_BIT_RATES = {
    8000: (8_500, 12_500, 8_500, 41_000),
    11025: (12_500, 16_500, 12_500, 49_000),
    12000: (12_500, 16_500, 12_500, 49_000),
    16000: (16_500, 24_500, 16_500, 99_000),
    22050: (16_500, 30_500, 16_500, 89_000),
    24000: (16_500, 30_500, 16_500, 89_000),
    32000: (30_500, 36_500, 30_500, 189_000),
    44100: (32_500, 45_500, 14_500, 239_000),
    48000: (32_500, 45_500, 14_500, 239_000),
}
# What an encoder takes; one that is not here takes any. ffmpeg refuses other rates outright, and
# Kodo's documents recommend 12050.
SAMPLE_RATES = {
    "libmp3lame": _MP3_RATES,
    "aac": (7350, *_MP3_RATES, 64000, 88200, 96000),
    "libopus": (8000, 12000, 16000, 24000, 48000),
    "libopencore_amrnb": (8000,),
    "libvorbis": tuple(_VORBIS_BIT_RATES),
}
_OPUS_BIT_RATES = (6_000, 256_000)  # the most is of each channel
CHANNELS = {"libmp3lame": 2, "libopencore_amrnb": 1}  # at most; others take 8


@dataclass(frozen=True, slots=True)
class Container:
    """One value of `<Format>`; of each tuple of encoders the first is the default."""

    name: str
    muxer: str
    mime_type: str
    audio: tuple[str, ...]
    video: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    muxer_args: tuple[str, ...] = ()
    audio_bit_rate: int | None = None
    video_bit_rate: int | None = None
    sample_rate: int | None = None

    @property
    def has_video(self) -> bool:
        """Whether it holds pictures at all."""
        return bool(self.video)


_FAST_START = ("-movflags", "+faststart")  # playable before the download has ended
_MP4_VIDEO = ("libx264", "libvpx-vp9", "libxvid")
_MP4_AUDIO = ("aac", "libmp3lame", "libopus")
_ANY_AUDIO = ("aac", "libmp3lame", "libvorbis", "libopus", "flac", "pcm_s16le")

_ALL = (
    Container(
        "mp3", "mp3", "audio/mpeg", ("libmp3lame",), audio_bit_rate=128_000, sample_rate=44_100
    ),
    Container("aac", "adts", "audio/aac", ("aac",), audio_bit_rate=128_000),
    Container("m4a", "ipod", "audio/mp4", ("aac",), muxer_args=_FAST_START, audio_bit_rate=128_000),
    Container("ogg", "ogg", "audio/ogg", ("libvorbis", "libopus", "flac"), audio_bit_rate=128_000),
    Container("opus", "opus", "audio/ogg", ("libopus",), audio_bit_rate=96_000),
    Container("flac", "flac", "audio/flac", ("flac",)),
    Container("wav", "wav", "audio/wav", ("pcm_s16le",)),
    Container(
        "amr",
        "amr",
        "audio/amr",
        ("libopencore_amrnb",),
        audio_bit_rate=12_200,
        sample_rate=8_000,
    ),
    Container(
        "mp4", "mp4", "video/mp4", _MP4_AUDIO, _MP4_VIDEO, ("mov_text",), _FAST_START, 128_000
    ),
    Container(
        "mov",
        "mov",
        "video/quicktime",
        ("aac", "libmp3lame", "pcm_s16le"),
        ("libx264", "libxvid"),
        ("mov_text",),
        _FAST_START,
        128_000,
    ),
    Container(
        "mkv",
        "matroska",
        "video/x-matroska",
        _ANY_AUDIO,
        ("libx264", "libvpx", "libvpx-vp9", "libtheora", "libxvid"),
        ("srt", "ass"),
        audio_bit_rate=128_000,
    ),
    Container(
        "flv",
        "flv",
        "video/x-flv",
        ("aac", "libmp3lame"),
        ("libx264", "flv"),
        audio_bit_rate=128_000,
    ),
    Container(
        "webm",
        "webm",
        "video/webm",
        ("libvorbis", "libopus"),
        ("libvpx", "libvpx-vp9"),
        ("webvtt",),
        audio_bit_rate=128_000,
        video_bit_rate=700_000,
        sample_rate=48_000,
    ),
    Container(
        "avi",
        "avi",
        "video/x-msvideo",
        ("libmp3lame", "pcm_s16le"),
        ("libxvid", "libx264"),
        audio_bit_rate=128_000,
    ),
    Container(
        "ogv",
        "ogv",
        "video/ogg",
        ("libvorbis", "libopus"),
        ("libtheora",),
        audio_bit_rate=128_000,
    ),
    Container(
        "m3u8",
        "hls",
        "application/x-mpegurl",
        ("aac", "libmp3lame"),
        ("libx264",),
        audio_bit_rate=128_000,
    ),
)
CONTAINERS = {container.name: container for container in _ALL}


def nearest_sample_rate(encoder: str, rate: int) -> int:
    """The rate in Hz that the encoder takes, closest to the one asked for."""
    rates = SAMPLE_RATES.get(encoder)
    return min(rates, key=lambda known: (abs(known - rate), known)) if rates else rate


def held_bit_rate(encoder: str, bit_rate: int, sample_rate: int, channels: int) -> int:
    """The bit rate in bit/s that the encoder takes, closest to the one asked for."""
    if encoder == "libvorbis":
        mono, stereo, of_each, most = _VORBIS_BIT_RATES[sample_rate]
        least = {1: mono, 2: stereo}.get(channels, of_each * channels)
        return min(max(bit_rate, least), most * channels)
    if encoder == "libopus":
        least, most = _OPUS_BIT_RATES
        return min(max(bit_rate, least), most * channels)
    return bit_rate
