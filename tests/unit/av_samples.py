"""Small media for the tests, made once a session by the very program that the commands run."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from upgate.fops.fop import parse_pipe
from upgate_media.avthumb import run_avthumb
from upgate_media.ffmpeg_program import executable
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits
from upgate_media.probe import MediaFacts, probe
from upgate_media.run_types import MediaSettings, Output, Source

_FOLDER = tempfile.TemporaryDirectory(prefix="upgate-av-")
_TONE = ("-f", "lavfi", "-i", "sine=440:d=2:r=44100")
_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2")
_QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-b:a", "96k")
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    # As in the seed: an AAC file. 2 s, stereo, 64 kbit/s.
    "tone.aac": (*_TONE, "-ac", "2", "-c:a", "aac", "-b:a", "64k"),
    "tone.wav": (*_TONE, "-c:a", "pcm_s16le"),
    "clip.mp4": (*_TONE, *_PICTURE, *_QUICK, "-movflags", "+faststart"),
    "clip-end.mp4": (*_TONE, *_PICTURE, *_QUICK),
    "clip.mkv": (*_TONE, *_PICTURE, *_QUICK),
    "clip.ts": (*_TONE, *_PICTURE, *_QUICK),
    "silent.mp4": (*_PICTURE, *_QUICK),
    "long.mp4": ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=12", *_QUICK),
}


def ffmpeg(*arguments: str) -> None:
    """Run the program as the tests themselves need it."""
    command = [executable(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, timeout=60)


@functools.cache
def sample(name: str) -> Path:
    """The path of a file out of the table; nobody writes to it."""
    path = Path(_FOLDER.name) / name
    ffmpeg(*_ARGUMENTS[name], str(path))
    return path


def source(path: Path) -> Source:
    return Source(path, "application/octet-stream", "etag", path.stat().st_size)


def no_fetch(url: str) -> bytes:
    raise AssertionError(f"nothing may be fetched: {url}")


def settings(
    fetch: Callable[[str], bytes] = no_fetch,
    seconds_left: float = 60.0,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> MediaSettings:
    return MediaSettings(seconds_left, fetch, limits)


def transcode(
    text: str, path: Path, workspace: Path, given: MediaSettings | None = None
) -> tuple[Output, MediaFacts]:
    """Run one avthumb and probe what it made."""
    fop = parse_pipe(text).commands[0]
    output = run_avthumb(fop, source(path), workspace, given or settings())
    return output, probe(output.path, DEFAULT_LIMITS)
