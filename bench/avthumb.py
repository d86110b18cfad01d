"""`avthumb` against the bare ffmpeg command: `uv run python -m bench.avthumb`.

The two in turn on the same file, medians. The bare command is what a person would type: no probe,
no limits, no progress. The goal is a ratio of at most 1.1.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from upgate.fops.fop import parse_pipe
from upgate_media.avthumb import run_avthumb
from upgate_media.avthumb_command import output_size
from upgate_media.avthumb_options import parse_avthumb
from upgate_media.estimate import estimate_seconds
from upgate_media.ffmpeg_program import executable
from upgate_media.media_limits import DEFAULT_LIMITS
from upgate_media.probe import probe
from upgate_media.run_types import MediaSettings, Source

ROUNDS = 5
TONE = ("-f", "lavfi", "-i", "sine=440:d={}:r=44100")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d={}")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
SOURCES = {
    "song.aac": (180, (*TONE, "-ac", "2", "-c:a", "aac", "-b:a", "64k")),
    "clip.mp4": (8, (*TONE, *PICTURE, *X264)),
}
# Command, source, and what a person would type for it.
CASES = (
    ("avthumb/mp3/ar/44100/ab/32k", "song.aac", "-c:a libmp3lame -ar 44100 -b:a 32k -f mp3"),
    ("avthumb/mp3/aq/6/ar/16000", "song.aac", "-c:a libmp3lame -ar 16000 -q:a 6 -f mp3"),
    (
        "avthumb/mp4/vb/500k/ab/64k",
        "clip.mp4",
        "-c:v libx264 -b:v 500k -pix_fmt yuv420p -c:a aac -b:a 64k -movflags +faststart -f mp4",
    ),
    (
        "avthumb/m3u8/segtime/5/vb/500k/ab/64k",
        "clip.mp4",
        "-c:v libx264 -b:v 500k -pix_fmt yuv420p -c:a aac -b:a 64k -f hls -hls_time 5"
        " -hls_playlist_type vod",
    ),
)


def bare(arguments: str, source: Path, workspace: Path) -> None:
    command = [executable(), "-v", "error", "-nostdin", "-y", "-i", str(source)]
    subprocess.run([*command, *arguments.split(), str(workspace / "out")], check=True)


def ours(text: str, source: Path, workspace: Path) -> None:
    settings = MediaSettings(600.0, lambda _: b"")
    described = Source(source, "", "", source.stat().st_size)
    run_avthumb(parse_pipe(text).commands[0], described, workspace, settings)


def estimate(text: str, source: Path) -> float:
    options = parse_avthumb(parse_pipe(text).commands[0], DEFAULT_LIMITS)
    facts = probe(source, DEFAULT_LIMITS)
    pixels = 0
    if options.video is not None and facts.video is not None:
        width, height = output_size(options.video, facts.video)
        pixels = width * height
    return estimate_seconds(options, facts, pixels)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, (seconds, arguments) in SOURCES.items():
            made = [argument.format(seconds) for argument in arguments]
            command = [executable(), "-v", "error", "-nostdin", *made, str(Path(folder, name))]
            subprocess.run(command, check=True)
        for text, name, arguments_text in CASES:
            _compare(text, Path(folder, name), arguments_text)


def _compare(text: str, source: Path, arguments: str) -> None:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        for kind, run in enumerate((bare, ours)):
            with tempfile.TemporaryDirectory() as workspace:
                started = time.perf_counter()
                run(arguments if run is bare else text, source, Path(workspace))
                times[kind].append(time.perf_counter() - started)
    theirs, mine = (statistics.median(series[1:]) for series in times)
    print(
        f"{text:40} bare {theirs * 1000:7.0f} ms  ours {mine * 1000:7.0f} ms"
        f"  ratio {mine / theirs:.3f}  estimate {estimate(text, source):.1f} s"
    )


if __name__ == "__main__":
    main()
