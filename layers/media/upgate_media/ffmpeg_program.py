"""The ffmpeg program: from the package as it is, or unpacked once where a layer holds it packed.

Two copies of ffmpeg's libraries, the program's and PyAV's, do not fit into Lambda side by side
(docs/decisions.md), so `layers/make/pack_ffmpeg.py` packs the program when a layer is built.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

_CHUNK_BYTES = 1024 * 1024
_SIZE_BYTES = 4  # the end of a gzip member: the unpacked length (RFC 1952, 2.3.1)


@cache
def executable() -> str:
    """The path of the program that comes with the package imageio-ffmpeg.

    Raises:
        RuntimeError: the package is installed without its program.
    """
    import imageio_ffmpeg  # type: ignore[import-untyped]

    # The package's own finder would run the program twice and look through PATH.
    binaries = Path(imageio_ffmpeg.__file__).parent / "binaries"
    found = sorted(binaries.glob("ffmpeg-*"))
    if not found:
        raise RuntimeError("imageio-ffmpeg is installed without its program")
    program = found[0]
    if program.suffix == ".gz":
        program = unpacked(program, Path(tempfile.gettempdir()))
    return str(program)


def unpacked(packed: Path, folder: Path) -> Path:
    """The program (or font) in `folder`, made from the gzip file unless that has been done before.

    It appears under its name when it is whole: a process that dies on the way leaves nothing that
    would be taken for it.
    """
    place = folder / packed.name.removesuffix(".gz")
    if place.exists() and place.stat().st_size == _unpacked_bytes(packed):
        return place
    descriptor, name = tempfile.mkstemp(prefix="unpacked-", dir=folder)
    try:
        with gzip.open(packed) as source, os.fdopen(descriptor, "wb") as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
        os.chmod(name, 0o500)
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise
    return place


def _unpacked_bytes(packed: Path) -> int:
    with packed.open("rb") as stream:
        stream.seek(-_SIZE_BYTES, os.SEEK_END)
        return int.from_bytes(stream.read(), "little")
