"""Describes audio and video for `$(avinfo)`: reads hostile files, so it has no rights at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from upgate.errors import FopError
from upgate.variables.media_edges import MediaEdges
from upgate_media.avinfo import avinfo_variable
from upgate_media.hostile_input import read_safely
from upgate_media.media_limits import DEFAULT_LIMITS


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any] | None:
    """MediaEdges in; the variable's value out, null for what is neither audio nor video."""
    edges = MediaEdges.from_object(event)
    with tempfile.NamedTemporaryFile() as file:
        edges.write(cast("BinaryIO", file))
        file.flush()
        try:
            with read_safely():
                return avinfo_variable(Path(file.name), edges.size_bytes, DEFAULT_LIMITS)
        except FopError:
            return None
