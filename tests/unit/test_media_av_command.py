from __future__ import annotations

from dataclasses import replace

import pytest

from upgate.errors import TooSlowError
from upgate.fops.fop import parse_pipe
from upgate_media.avthumb_command import output_arguments, output_size
from upgate_media.avthumb_options import AvthumbOptions, parse_avthumb
from upgate_media.estimate import estimate_seconds, refuse_too_slow
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.probe import AudioFacts, MediaFacts, VideoFacts

AUDIO = AudioFacts(1, "aac", 96_000, 44_100, 2, 0, 60.0)
VIDEO = VideoFacts(0, "h264", 641, 361, 800_000, 25.0, 0, 60.0)
FACTS = MediaFacts("mov,mp4", 60.0, AUDIO, VIDEO, False)


def parse(text: str) -> AvthumbOptions:
    return parse_avthumb(parse_pipe(f"avthumb/{text}").commands[0], DEFAULT_LIMITS)


def value(text: str, name: str, facts: MediaFacts = FACTS) -> str | None:
    """What follows `name` among ffmpeg's arguments."""
    arguments = output_arguments(parse(text), facts, (), 0)
    return arguments[arguments.index(name) + 1] if name in arguments else None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("mp4", (640, 360)),
        ("mp4/rotate/90", (360, 640)),
        ("mp4/s/101x51", (100, 50)),
        ("mp4/s/320x320/autoscale/1", (320, 180)),
        ("mp4/s/1x1", (2, 2)),
    ],
)
def test_the_size_is_turned_scaled_and_even(text: str, size: tuple[int, int]) -> None:
    video = parse(text).video
    assert video is not None
    assert output_size(video, VIDEO) == size


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("mp3/ab/64k", "-b:a", "64000"),
        ("mp3/ab/96k", "-b:a", "96000"),
        ("mp3/ab/97k", "-b:a", "96000"),  # the source's own
        ("mp3", "-b:a", "96000"),
        ("mp3/aq/2", "-q:a", "2"),
        ("aac/aq/100", "-q:a", "1"),
        ("aac/aq/10", "-q:a", "0.1"),
        ("aac/aq/500", "-q:a", "2"),
        ("flac/ab/64k", "-b:a", None),
        ("mp3/ar/48000", "-ar", "48000"),
        ("webm", "-ar", "44100"),  # nobody asked for 48000
        ("opus/ar/44100", "-ar", "48000"),
        ("amr", "-ac", "1"),
        ("mp3/writeXing/0", "-write_xing", "0"),
        ("mp3/writeXing/1", "-write_xing", None),
        ("mp4/vb/500k", "-b:v", "500000"),
        ("mp4/vb/5m", "-b:v", "800000"),  # the source's own
        ("mp4", "-maxrate", "800000"),
        ("mp4/stripmeta/1", "-map_metadata", "-1"),
        ("mp4/stripmeta/0", "-map_metadata", None),
        ("mp4/aspect/16:9", "-aspect", "16:9"),
        ("mp4/t/1.5", "-t", "1.500000"),
    ],
)
def test_an_option_becomes_its_argument(text: str, name: str, expected: str | None) -> None:
    assert value(text, name) == expected


def test_a_source_that_does_not_tell_its_rate_sets_no_bound() -> None:
    facts = replace(FACTS, audio=replace(AUDIO, bit_rate=None))
    assert value("mp3/ab/320k", "-b:a", facts) == "320000"


def test_a_rate_too_low_for_the_encoder_is_not_forced_on_it() -> None:
    facts = replace(FACTS, audio=replace(AUDIO, bit_rate=12_200))
    assert value("ogg", "-b:a", facts) == "48000"


def test_the_estimate_grows_with_length_and_pixels() -> None:
    short = estimate_seconds(parse("mp4/t/30"), FACTS, 640 * 360, cores=2)
    long = estimate_seconds(parse("mp4"), FACTS, 640 * 360, cores=2)
    large = estimate_seconds(parse("mp4"), FACTS, 1920 * 1080, cores=2)
    assert short < long < large


def test_the_estimate_shrinks_with_cores_only_as_far_as_the_encoder_uses_them() -> None:
    one, many = (estimate_seconds(parse("mp4"), FACTS, 640 * 360, cores=n) for n in (1, 6))
    assert many < one / 2
    one, many = (estimate_seconds(parse("ogv"), FACTS, 640 * 360, cores=n) for n in (1, 6))
    assert many == one


def test_an_estimate_equal_to_the_time_left_is_not_refused() -> None:
    refuse_too_slow(10.0, 10.0)


def test_an_estimate_above_the_time_left_is_refused_and_told() -> None:
    with pytest.raises(TooSlowError, match="about 11 s") as refusal:
        refuse_too_slow(11.0, 10.0)
    assert refusal.value.estimate_seconds == 11.0
