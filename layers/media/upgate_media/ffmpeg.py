"""The ffmpeg command line: where the program is, and what stands before every input."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from upgate_media.media_limits import MediaLimits
from upgate_media.probe import FORMATS

# Only files, and only formats that hold their media themselves: see `probe`.
_LOCAL = ("-protocol_whitelist", "file")


@cache
def executable() -> str:
    """The program that comes with the package imageio-ffmpeg."""
    import imageio_ffmpeg  # type: ignore[import-untyped]

    # The package's own finder would run the program twice and look through PATH.
    binaries = Path(imageio_ffmpeg.__file__).parent / "binaries"
    found = sorted(binaries.glob("ffmpeg-*"))
    if not found:
        raise RuntimeError("imageio-ffmpeg is installed without its program")
    return str(found[0])


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
