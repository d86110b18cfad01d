"""The table of all commands: the one place where a name becomes a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from upgate.errors import BadFopError, SourceTooLargeError
from upgate.fops.fop import Fop
from upgate.images.exif import read_exif
from upgate.images.image_average import average_colour
from upgate.images.image_info import read_image_info
from upgate_media.avinfo import read_avinfo
from upgate_media.avthumb import run_avthumb
from upgate_media.file_digest import digest
from upgate_media.hostile_input import read_safely
from upgate_media.image_commands import IMAGE_COMMANDS
from upgate_media.image_refusals import unreadable, without_exif, without_pixels
from upgate_media.run_types import Command, MediaSettings, Output, Source
from upgate_media.vframe import run_vframe

type Inspection = Callable[[Fop, Source, MediaSettings], Mapping[str, Any]]

# Commands of Kodo's that docs/migration.md names as not here.
_LEFT_OUT = frozenset(("vsample", "pm3u8", "avconcat", "mkzip"))
_WITH_PARAMETERS = frozenset(("qhash",))


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Process the source into files in the workspace, an empty directory.

    Raises:
        FopError: see its subclasses in `upgate.errors`; each says what to change.
    """
    command = COMMANDS.get(fop.name)
    if command is None:
        raise BadFopError(_unknown(fop))
    with read_safely():
        return command(fop, source, workspace, settings)


def inspect(fop: Fop, source: Source, settings: MediaSettings) -> Mapping[str, Any]:
    """Describe the source, as JSON.

    Raises:
        FopError: as `run`.
    """
    inspection = INSPECTIONS.get(fop.name)
    if inspection is None:
        raise BadFopError(_unknown(fop))
    if fop.args and fop.name not in _WITH_PARAMETERS:
        raise BadFopError(f"{fop.name} takes no parameters")
    if source.size_bytes > settings.limits.source_bytes:
        raise SourceTooLargeError(f"the source has more than {settings.limits.source_bytes} bytes")
    with read_safely():
        return inspection(fop, source, settings)


def is_inspection(fop: Fop) -> bool:
    """Whether the command answers with JSON (`inspect`) and not with a file (`run`)."""
    return fop.name in INSPECTIONS


def _unknown(fop: Fop) -> str:
    if fop.name in _LEFT_OUT:
        return f"{fop.name} is not supported by this gateway"
    known = ", ".join(sorted([*COMMANDS, *INSPECTIONS]))
    return f"unknown command {fop.name[:40]}; known: {known}"


def _image_info(_: Fop, source: Source, _settings: MediaSettings) -> Mapping[str, Any]:
    with source.path.open("rb") as stream:
        info = read_image_info(stream, source.size_bytes)
        if info is None:
            raise unreadable(stream)
    return info


def _exif(_: Fop, source: Source, _settings: MediaSettings) -> Mapping[str, Any]:
    with source.path.open("rb") as stream:
        tags = read_exif(stream)
        if tags is None:
            raise without_exif(stream)
    return tags


def _image_average(_: Fop, source: Source, _settings: MediaSettings) -> Mapping[str, Any]:
    with source.path.open("rb") as stream:
        colour = average_colour(stream)
        if colour is None:
            raise without_pixels(stream)
    return {"RGB": colour}


def _avinfo(_: Fop, source: Source, settings: MediaSettings) -> Mapping[str, Any]:
    return read_avinfo(source.path, source.size_bytes, settings.limits)


COMMANDS: Mapping[str, Command] = {
    "avthumb": run_avthumb,
    "vframe": run_vframe,
    **IMAGE_COMMANDS,
}
INSPECTIONS: Mapping[str, Inspection] = {
    "imageInfo": _image_info,
    "exif": _exif,
    "imageAve": _image_average,
    "avinfo": _avinfo,
    "qhash": lambda fop, source, _: digest(fop, source),
}
