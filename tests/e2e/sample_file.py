"""Large files for uploads: cheap to make, every block different, so that a mix-up shows."""

from __future__ import annotations

import hashlib
from pathlib import Path

MEGABYTE = 1024 * 1024


def make(path: Path, size_bytes: int) -> str:
    """Write the file and give its SHA-256; each megabyte starts with its own number."""
    digest = hashlib.sha256()
    filler = bytes(range(256)) * 4096
    with path.open("wb") as file:
        for start in range(0, size_bytes, MEGABYTE):
            piece = (start.to_bytes(8) + filler)[: min(MEGABYTE, size_bytes - start)]
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def digest_of(stream: object) -> str:
    """SHA-256 of what S3 gives back, read piece by piece."""
    digest = hashlib.sha256()
    for piece in stream.iter_chunks(MEGABYTE):  # type: ignore[attr-defined]
        digest.update(piece)
    return digest.hexdigest()
