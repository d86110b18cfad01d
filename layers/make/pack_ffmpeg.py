"""Packs the large files of a media layer, so that ffmpeg, PyAV and a font fit into 250 MiB.

`upgate_media.ffmpeg_program` unpacks it where it is run.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

_CHUNK_BYTES = 1024 * 1024


def pack(folder: Path, pattern: str) -> None:
    """Replace the files in the folder by gzip files; the same input gives the same bytes."""
    for program in sorted(folder.glob(pattern)):
        packed = program.with_name(f"{program.name}.gz")
        with (
            program.open("rb") as source,
            packed.open("wb") as target,
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=target, mtime=0) as stream,
        ):
            shutil.copyfileobj(source, stream, _CHUNK_BYTES)
        program.unlink()
