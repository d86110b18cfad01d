"""Lengths that ffmpeg guesses from the first frames are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.av_samples import ffmpeg, settings, source
from upgate.fops.fop import parse_pipe
from upgate_media.avinfo import avinfo_variable, read_avinfo
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits
from upgate_media.probe import probe
from upgate_media.run import run

SILENCE = ("-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "3")
NOISE = ("-f", "lavfi", "-i", "anoisesrc=d=57:r=44100", "-ac", "2")
AAC = ("-c:a", "aac", "-b:a", "128k")
# Silence, then a tone, so that the first frames say nothing of the rest.
SWELLING = ("-f", "lavfi", "-i", "sine=d=30,volume='if(lt(t,10),0,1)':eval=frame")
FILM = ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=6", "-f", "lavfi", "-i", "sine=d=6")
FRAGMENTED = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")


def silent_start(folder: Path) -> Path:
    """ADTS AAC that begins with silence: its first frames are a tenth of the others."""
    ffmpeg(*SILENCE, *AAC, str(folder / "silence.aac"))
    ffmpeg(*NOISE, *AAC, str(folder / "noise.aac"))
    path = folder / "song.aac"
    path.write_bytes((folder / "silence.aac").read_bytes() + (folder / "noise.aac").read_bytes())
    return path


def with_id3(folder: Path) -> Path:
    tag = b"ID3\4\0\0\0\0\0\x0a" + bytes(10)
    path = silent_start(folder)
    path.write_bytes(tag + path.read_bytes())
    return path


def vbr_without_xing(folder: Path) -> Path:
    path = folder / "song.mp3"
    ffmpeg(*SWELLING, "-c:a", "libmp3lame", "-q:a", "2", "-write_xing", "0", str(path))
    return path


def voice(folder: Path) -> Path:
    path = folder / "voice.amr"
    ffmpeg(*("-f", "lavfi", "-i", "sine=d=5:r=8000"), "-ar", "8000", "-ac", "1", str(path))
    return path


def wide_voice(folder: Path) -> Path:
    """250 frames of AMR-WB (RFC 4867, 5.3): 2.5 s of mode 8, and 2.5 s of comfort noise."""
    path = folder / "voice.amr"
    frames = (b"\x44" + bytes(60)) * 125 + (b"\x4c" + bytes(5)) * 125
    path.write_bytes(b"#!AMR-WB\n" + frames)
    return path


def fragments(folder: Path) -> Path:
    path = folder / "recorded.mp4"
    ffmpeg(*FILM, "-c:v", "libx264", "-g", "25", "-c:a", "aac", *FRAGMENTED, str(path))
    return path


def live_webm(folder: Path) -> Path:
    path = folder / "recorded.webm"
    encoders = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
    ffmpeg(*FILM, *encoders, "-f", "webm", "-live", "1", str(path))
    return path


RECORDINGS = [
    (silent_start, 60.0),
    (with_id3, 60.0),
    (vbr_without_xing, 30.0),
    (voice, 5.0),
    (wide_voice, 5.0),
    (fragments, 6.0),
    (live_webm, 6.0),
]


@pytest.mark.parametrize(("make", "seconds"), RECORDINGS)
def test_length_is_counted(make: Any, seconds: float, tmp_path: Path) -> None:
    path = make(tmp_path)
    size = path.stat().st_size
    assert probe(path, DEFAULT_LIMITS).duration_seconds == pytest.approx(seconds, abs=0.12)
    variable: dict[str, Any] = avinfo_variable(path, size, DEFAULT_LIMITS)
    query: dict[str, Any] = read_avinfo(path, size, DEFAULT_LIMITS)
    for form in (variable["format"], query["format"]):
        assert float(form["duration"]) == pytest.approx(seconds, abs=0.12)
        assert float(form["bit_rate"]) == pytest.approx(size * 8 / seconds, rel=0.05)
    for stream in query["streams"]:
        assert float(stream["duration"]) == pytest.approx(seconds, abs=0.12)


@pytest.mark.parametrize("make", [silent_start, vbr_without_xing, wide_voice])
def test_length_of_what_is_only_known_in_part_is_reckoned(make: Any, tmp_path: Path) -> None:
    """As `$(avinfo)` has it: a beginning, a hole, an end."""
    path = make(tmp_path)
    whole = probe(path, DEFAULT_LIMITS).duration_seconds
    data = path.read_bytes() * 30
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    found = probe(path, DEFAULT_LIMITS).duration_seconds
    assert whole is not None
    assert found == pytest.approx(30 * whole, rel=0.1)


def test_recording_is_not_refused_by_a_guess(tmp_path: Path) -> None:
    """ffmpeg takes these 60 s for half an hour."""
    path = silent_start(tmp_path)
    probe(path, MediaLimits(duration_seconds=61.0))
    command = parse_pipe("avthumb/mp3/ss/55").commands[0]
    made = run(command, source(path), tmp_path, settings(seconds_left=10.0)).path
    assert probe(made, DEFAULT_LIMITS).duration_seconds == pytest.approx(5.0, abs=0.2)


def test_a_length_that_the_file_tells_is_ffmpegs(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    ffmpeg(*SWELLING, "-c:a", "libmp3lame", "-q:a", "2", str(path))
    value: dict[str, Any] = avinfo_variable(path, path.stat().st_size, DEFAULT_LIMITS)
    assert float(value["format"]["duration"]) == pytest.approx(30.0, abs=0.06)
