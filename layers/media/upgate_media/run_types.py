"""What a command gets and gives back: the contract between a job and the processing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from upgate.fops.fop import Fop
from upgate_media.media_limits import DEFAULT_LIMITS, MediaLimits

type Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Source:
    """What is processed: a local file that the caller has downloaded."""

    path: Path
    mime_type: str
    etag: str
    size_bytes: int
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class ExtraFile:
    """A further file of a result: a segment of HLS, under the name that the playlist uses."""

    name: str
    path: Path
    mime_type: str


@dataclass(frozen=True, slots=True)
class Output:
    """The result of a command; every file lies in the workspace and lives as long as that."""

    path: Path
    mime_type: str
    extra: tuple[ExtraFile, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """What a command may spend, and its only way to the network.

    `seconds_left` is for the whole command. `fetch` gets a URL out of the fop (a watermark,
    subtitles) and returns the bytes; it is the caller's, and
    follows the rules of `upgate.outbound.egress`.
    """

    seconds_left: float
    fetch: Fetch = field(repr=False)
    limits: MediaLimits = DEFAULT_LIMITS


type Command = Callable[[Fop, Source, Path, MediaSettings], Output]
