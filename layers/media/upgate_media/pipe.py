"""A pipe of commands: each processes what the one before it made (protocol.md 9.6)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media.run import run
from upgate_media.run_types import MediaSettings, Output, Source


def run_pipe(
    commands: Sequence[Fop], source: Source, workspace: Path, settings: MediaSettings
) -> Output:
    """Run commands, at least one, each in a folder of its own below the workspace.

    Raises:
        FopError: as `run`; a playlist can only be the last result.
    """
    ends_at = time.monotonic() + settings.seconds_left
    for number, fop in enumerate(commands):
        folder = workspace / str(number)
        folder.mkdir()
        left = replace(settings, seconds_left=ends_at - time.monotonic())
        output = run(fop, source, folder, left)
        if number + 1 < len(commands):
            source = _next(output, source)
    return output


def _next(output: Output, source: Source) -> Source:
    if output.extra:
        raise BadFopError("a playlist cannot be processed: avthumb/m3u8 must be the last command")
    return replace(
        source,
        path=output.path,
        mime_type=output.mime_type,
        size_bytes=output.path.stat().st_size,
        file_name=None,
    )
