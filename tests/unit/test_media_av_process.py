from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.unit.av_samples import sample
from upgate.errors import (
    BadFopError,
    FopError,
    OutputTooLargeError,
    SourceTooLargeError,
    TooSlowError,
    UnprocessableSourceError,
)
from upgate_media.ffmpeg import source_input
from upgate_media.ffmpeg_failure import failure, first_reason
from upgate_media.ffmpeg_process import run_ffmpeg
from upgate_media.ffmpeg_program import executable
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits

ENDLESS = ("-re", "-f", "lavfi", "-i", "sine=440")


def test_a_process_is_killed_at_its_deadline(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TooSlowError, match="longer than"):
        run_ffmpeg(executable(), [*ENDLESS, "file:x.wav"], tmp_path, 0.4, DEFAULT_LIMITS)
    assert time.monotonic() - started < 2.0


def test_the_whole_group_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nsleep 30 &\necho $! > child\nwait\n")
    program.chmod(0o755)
    with pytest.raises(TooSlowError):
        run_ffmpeg(str(program), [], tmp_path, 0.5, DEFAULT_LIMITS)
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if _is_gone(child):
            return
        time.sleep(0.02)
    pytest.fail("the child lives on")


def _is_gone(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@pytest.mark.parametrize("limit", [100_000, 1_000_000])
def test_an_output_above_the_limit_ends_the_process(limit: int, tmp_path: Path) -> None:
    limits = MediaLimits(output_bytes=limit)
    arguments = ["-f", "lavfi", "-i", "sine=440:d=3600", "file:x.wav"]
    with pytest.raises(OutputTooLargeError):
        run_ffmpeg(executable(), arguments, tmp_path, 20.0, limits)
    assert (tmp_path / "x.wav").stat().st_size <= limit + 4096


def test_many_files_above_the_limit_together_end_the_process(tmp_path: Path) -> None:
    arguments = [*ENDLESS[1:], "-f", "segment", "-segment_time", "1", "file:x%06d.wav"]
    with pytest.raises(OutputTooLargeError):
        run_ffmpeg(executable(), arguments, tmp_path, 20.0, MediaLimits(output_bytes=500_000))


def test_the_process_gets_no_environment_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nenv > seen\n")
    program.chmod(0o755)
    run_ffmpeg(str(program), [], tmp_path, 5.0, DEFAULT_LIMITS)
    assert "secret" not in (tmp_path / "seen").read_text()


@pytest.mark.parametrize("demuxer", ["hls", "concat"])
def test_the_program_itself_opens_no_list_of_files(demuxer: str, tmp_path: Path) -> None:
    shutil.copy(sample("clip.ts"), tmp_path / "inner.ts")
    path = tmp_path / "list.m3u8"
    playlist = "#EXTM3U\n#EXTINF:2,\ninner.ts\n#EXT-X-ENDLIST\n"
    path.write_text(playlist if demuxer == "hls" else "ffconcat version 1.0\nfile inner.ts\n")
    arguments = [*source_input(path, demuxer, DEFAULT_LIMITS), "-f", "null", "-"]
    with pytest.raises(FopError):
        run_ffmpeg(executable(), arguments, tmp_path, 5.0, DEFAULT_LIMITS)


def test_no_time_left_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooSlowError):
        run_ffmpeg(os.devnull, [], tmp_path, 0.0, DEFAULT_LIMITS)


def test_memory_above_the_limit_is_refused(tmp_path: Path) -> None:
    limits = MediaLimits(tool_memory_bytes=200 * 1024 * 1024)
    picture = ["-f", "lavfi", "-i", "testsrc2=s=4096x4096:d=5"]
    with pytest.raises(SourceTooLargeError, match="memory"):
        run_ffmpeg(executable(), [*picture, "-f", "mp4", "file:x"], tmp_path, 20.0, limits)


@pytest.mark.parametrize(
    ("code", "log", "error", "reason"),
    [
        (1, "[mov @ 0x5] moov atom not found\n", UnprocessableSourceError, "its index is missing"),
        (
            1,
            "[in#0 @ 0x5] Error opening input: Invalid data found when processing input\n"
            "Error opening input file /opt/x/in.mp4.\n[h264 @ 0x7] no frame!\n",
            UnprocessableSourceError,
            "the source cannot be read: no frame!",
        ),
        (1, "x: Cannot allocate memory\n", SourceTooLargeError, "memory"),
        (1, "x: No space left on device\n", OutputTooLargeError, "workspace"),
        (
            234,
            "[libmp3lame @ 0x1] Specified sample rate 1 is not supported by the libmp3lame encoder",
            BadFopError,
            "ffmpeg refuses: Specified sample rate",
        ),
        (-9, "", SourceTooLargeError, "memory"),
        (-11, "", UnprocessableSourceError, "crash"),
        (1, "", UnprocessableSourceError, "no reason given"),
    ],
)
def test_ffmpegs_words_become_an_error_with_a_reason(
    code: int, log: str, error: type[FopError], reason: str
) -> None:
    found = failure(code, log)
    assert type(found) is error
    assert reason in str(found)


@pytest.mark.parametrize("place", ["/tmp/a/b.mp4", "file:/x/y", "https://h.example/k?t=1"])
def test_a_reason_names_no_place(place: str) -> None:
    assert first_reason(f"[a @ 0x1] cannot open '{place}': gone") == "cannot open 'the file': gone"
