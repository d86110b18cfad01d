"""HTTP Live Streaming: segments, their names, their encryption and the playlist (RFC 8216)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from upgate.errors import BadFopError, OutputTooLargeError
from upgate_media.arguments import Arguments
from upgate_media.run_types import ExtraFile, Output

HLS_PARAMETERS = frozenset(
    {"preset", "segtime", "noDomain", "pattern", "hlsKey", "hlsKeyType", "hlsKeyUrl"}
)
PLAYLIST_TYPE = "application/x-mpegurl"
SEGMENT_TYPE = "video/mp2t"
_COUNT = "$(count)"
_DEFAULT_SECONDS = 10
_KEY_BYTES = 16
_TEXT_BYTES = 2048
_PATTERN_BYTES = 512  # below the playlist's own name, and no name in S3 has more than 1,024
_PLAYLIST, _KEY_FILE, _KEY_INFO = "playlist.m3u8", "hls.key", "hls.keyinfo"
_PREFIX, _DIGITS = "segment", 6


@dataclass(frozen=True, slots=True)
class HlsKey:
    """AES-128: the key, never shown, and where players get it."""

    key: bytes = field(repr=False)
    url: str


@dataclass(frozen=True, slots=True)
class HlsOptions:
    """`pattern` is a name for segments with `$(count)` in it; None leaves names to the caller."""

    segment_seconds: int
    no_domain: bool
    pattern: str | None
    key: HlsKey | None


def parse_hls(arguments: Arguments) -> HlsOptions:
    """Read the parameters of `avthumb/m3u8` alone; raises BadFopError."""
    pattern = arguments.text("pattern", _PATTERN_BYTES)
    if pattern is not None and (
        pattern.count(_COUNT) != 1 or not {"", ".", ".."}.isdisjoint(pattern.split("/"))
    ):
        raise arguments.refuse(
            "pattern", f"a name with {_COUNT} once in it, and no empty, . or .. between slashes"
        )
    return HlsOptions(
        segment_seconds=arguments.integer("segtime", 5, 120) or _DEFAULT_SECONDS,
        no_domain=bool(arguments.flag("noDomain")),
        pattern=pattern,
        key=_key(arguments),
    )


def _key(arguments: Arguments) -> HlsKey | None:
    # 1.x is RSA for a key pair that only Kodo has.
    arguments.choice("hlsKeyType", ("0",))
    key = arguments.encoded("hlsKey", _KEY_BYTES)
    url = arguments.url("hlsKeyUrl", _TEXT_BYTES)
    if (key is None) != (url is None):
        raise BadFopError("avthumb: hlsKey and hlsKeyUrl need each other")
    if key is None or url is None:
        return None
    if len(key) != _KEY_BYTES:
        raise arguments.refuse("hlsKey", f"the base64 of {_KEY_BYTES} bytes")
    if '"' in url:
        raise arguments.refuse("hlsKeyUrl", "a URL without quotation marks")
    return HlsKey(key, url)


def hls_arguments(options: HlsOptions, workspace: Path) -> list[str]:
    """What ffmpeg gets before the name of the playlist; writes the key's files."""
    arguments = [
        *("-hls_time", str(options.segment_seconds)),
        *("-hls_playlist_type", "vod"),
        *("-hls_list_size", "0"),
        *("-hls_segment_filename", f"file:{workspace}/{_PREFIX}%0{_DIGITS}d.ts"),
    ]
    if options.key is not None:
        key_file, key_info = workspace / _KEY_FILE, workspace / _KEY_INFO
        key_file.touch(mode=0o600)
        key_file.write_bytes(options.key.key)
        key_info.write_text(f"{options.key.url}\n{key_file}\n", encoding="utf-8")
        arguments += ["-hls_key_info_file", str(key_info)]
    return arguments


def playlist_path(workspace: Path) -> Path:
    """Where ffmpeg writes the playlist."""
    return workspace / _PLAYLIST


def collect_hls(options: HlsOptions, workspace: Path, limit: int) -> Output:
    """The playlist and its segments, under the names of `pattern` or 000000.ts, 000001.ts, ...

    The playlist refers to a segment by exactly its name, percent-encoded; the caller, who knows
    where the segments will lie, puts URLs there with `rewrite_playlist`.

    Raises:
        OutputTooLargeError: more than `limit` segments.
    """
    for file in (_KEY_FILE, _KEY_INFO):
        (workspace / file).unlink(missing_ok=True)
    segments = sorted(workspace.glob(f"{_PREFIX}*.ts"))
    if len(segments) > limit:
        raise OutputTooLargeError(f"avthumb: more than {limit} segments; use a longer segtime")
    pattern = options.pattern or f"{_COUNT}.ts"
    names = {
        path.name: pattern.replace(_COUNT, f"{i:0{_DIGITS}d}") for i, path in enumerate(segments)
    }
    playlist = playlist_path(workspace)
    text = rewrite_playlist(playlist.read_text("utf-8"), lambda name: quote(names[name]))
    playlist.write_text(text, "utf-8")
    extra = tuple(ExtraFile(names[path.name], path, SEGMENT_TYPE) for path in segments)
    return Output(playlist, PLAYLIST_TYPE, extra)


def rewrite_playlist(text: str, url_of: Callable[[str], str]) -> str:
    """The playlist with `url_of(reference)` for every segment; tags stay as they are."""
    lines = (
        line if line.startswith("#") or not line else url_of(line) for line in text.split("\n")
    )
    return "\n".join(lines)
