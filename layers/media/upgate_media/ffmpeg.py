"""The ffmpeg command line: what stands before every input."""

from __future__ import annotations

from pathlib import Path

from upgate_media.media_limits import MediaLimits
from upgate_media.probe import FORMATS

# Only files, and only formats that hold their media themselves: see `probe`.
_LOCAL = ("-protocol_whitelist", "file")


def source_input(path: Path, demuxer: str, limits: MediaLimits) -> list[str]:
    """The source, as the format that the probe found and no other."""
    return [
        *_LOCAL,
        *("-format_whitelist", FORMATS),
        *("-f", demuxer),
        *("-max_pixels", str(limits.video_pixels)),
        *("-i", f"file:{path.resolve()}"),
    ]


def own_input(path: Path, demuxer: str) -> list[str]:
    """A file of our own making: a PNG, subtitles."""
    return [*_LOCAL, "-format_whitelist", demuxer, "-f", demuxer, "-i", f"file:{path.resolve()}"]
