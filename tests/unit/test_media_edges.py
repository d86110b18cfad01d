from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from upgate import limits
from upgate.variables.media_edges import MediaEdges, MediaEdgesError

WHOLE = limits.AVINFO_BYTES


@pytest.mark.parametrize("size", [0, 1, WHOLE])
def test_short_file_is_carried_whole(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert laid_out(tmp_path, content) == content


def test_long_file_keeps_its_length_and_both_ends(tmp_path: Path) -> None:
    content = b"start" + b"\1" * (2 * WHOLE) + b"end"
    written = laid_out(tmp_path, content)
    end = WHOLE // 4
    assert len(written) == len(content)
    assert written[: WHOLE - end] == content[: WHOLE - end]
    assert written[-end:] == content[-end:]
    assert set(written[WHOLE - end : -end]) == {0}


def test_event_fits_into_one_invocation() -> None:
    """aws.md 1: 6,291,456 bytes."""
    edges = MediaEdges.of(io.BytesIO(bytes(3 * WHOLE)), 3 * WHOLE)
    assert len(json.dumps(edges.to_object())) < 6_291_456


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"size_bytes": 1, "start": "AA==", "end": 5},
        {"size_bytes": "x", "start": "", "end": ""},
        {"size_bytes": 0, "start": "AA==", "end": ""},
        {"size_bytes": 9, "start": "?", "end": ""},
    ],
)
def test_other_shapes_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(MediaEdgesError):
        MediaEdges.from_object(value)


def laid_out(folder: Path, content: bytes) -> bytes:
    """What arrives of a content, as the file that it is written to."""
    edges = MediaEdges.of(io.BytesIO(content), len(content))
    path = folder / "media"
    with path.open("wb") as file:
        MediaEdges.from_object(json.loads(json.dumps(edges.to_object()))).write(file)
    return path.read_bytes()
