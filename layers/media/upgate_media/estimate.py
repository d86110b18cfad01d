"""How long a transcode will take, told before it begins (aws.md 8)."""

from __future__ import annotations

import os

from upgate.errors import TooSlowError
from upgate_media.avthumb_options import AvthumbOptions
from upgate_media.probe import MediaFacts

# Pixels that one core encodes in a second, decoding included; 720p of testsrc2, ffmpeg 7.0.2 with
# the arguments of `avthumb_command`, measured on x86-64 (bench/avthumb.py measures again).
_PIXELS_PER_SECOND = {
    "libx264": 60e6,
    "libvpx": 30e6,
    "libvpx-vp9": 10e6,
    "libtheora": 60e6,
    "libxvid": 200e6,
    "flv": 300e6,
}
_DECODED_PIXELS_PER_SECOND = 250e6
_TONE_MAPPED_PIXELS_PER_SECOND = 25e6
# Cores that an encoder keeps busy at the most.
_CORES = {"libx264": 8, "libvpx": 2, "libvpx-vp9": 2, "libtheora": 1, "libxvid": 1, "flv": 1}
# Seconds of stereo sound that one core encodes in a second.
_SOUND_PER_SECOND = {
    "libmp3lame": 100.0,
    "aac": 30.0,
    "libvorbis": 100.0,
    "libopus": 45.0,
    "flac": 500.0,
    "pcm_s16le": 800.0,
    "libopencore_amrnb": 60.0,
}
_START_SECONDS = 0.2
_MARGIN = 1.4  # aws.md 8: 40 %


def estimate_seconds(
    options: AvthumbOptions, facts: MediaFacts, output_pixels: int, cores: int | None = None
) -> float:
    """Wall time of the transcode, with a margin; `output_pixels` are of one frame.

    A source that does not tell its length counts as nothing: the deadline still holds.
    """
    available = cores or os.process_cpu_count() or 1
    length = max(0.0, (facts.duration_seconds or 0.0) - options.start_seconds)
    if options.duration_seconds is not None:
        length = min(length, options.duration_seconds)
    work = _START_SECONDS
    if options.audio is not None and facts.audio is not None:
        work += length / _SOUND_PER_SECOND[options.audio.encoder]
    if options.video is not None and facts.video is not None:
        encoder, rate = options.video.encoder, facts.video.frame_rate
        decoded = rate * facts.video.width * facts.video.height / _DECODED_PIXELS_PER_SECOND
        encoded = (options.video.frame_rate or rate) * output_pixels / _PIXELS_PER_SECOND[encoder]
        work += length * (decoded + encoded) / min(available, _CORES[encoder])
        if facts.video.colours.is_hdr:
            work += length * rate * output_pixels / _TONE_MAPPED_PIXELS_PER_SECOND / available
    return work * _MARGIN


def refuse_too_slow(estimate: float, seconds_left: float) -> None:
    """Raise TooSlowError, with the estimate, for work that would not end in time."""
    if estimate > seconds_left:
        raise TooSlowError(
            estimate,
            f"the transcode would take about {estimate:.0f} s and {seconds_left:.0f} s are left",
        )
