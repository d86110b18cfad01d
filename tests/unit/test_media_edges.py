from __future__ import annotations

import io
import json
import os
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


def box(kind: bytes, length: int) -> bytes:
    return (length + 8).to_bytes(4) + kind + kind[-1:] * length


@pytest.mark.parametrize("behind", [0, 2 * WHOLE])
def test_index_of_a_long_recording_is_carried_whole(tmp_path: Path, behind: int) -> None:
    """1.2 MB are half an hour; it stands at the end, or in the middle of the file."""
    index = box(b"moov", 1_200_000)
    before = box(b"ftyp", 16) + box(b"mdat", 2 * WHOLE)
    content = before + index + (box(b"free", behind) if behind else b"")
    written = laid_out(tmp_path, content)
    assert len(written) == len(content)
    assert written[len(before) : len(before) + len(index)] == index
    assert written[: 64 * 1024] == content[: 64 * 1024]


def test_index_that_fits_into_no_event_is_left_out(tmp_path: Path) -> None:
    index = (limits.AVINFO_INDEX_BYTES + 8).to_bytes(4) + b"moov" + bytes(limits.AVINFO_INDEX_BYTES)
    content = box(b"ftyp", 16) + box(b"mdat", WHOLE) + index
    edges = MediaEdges.of(io.BytesIO(content), len(content))
    assert edges.index == b""
    assert len(laid_out(tmp_path, content)) == len(content)


def test_index_that_does_not_pack_leaves_room_for_the_edges() -> None:
    noise = os.urandom(WHOLE)
    content = box(b"ftyp", 16) + box(b"mdat", 2 * WHOLE) + (WHOLE + 8).to_bytes(4) + b"moov" + noise
    event = MediaEdges.of(io.BytesIO(content), len(content)).to_object()
    assert len(json.dumps(event)) < 6_291_456


def test_recording_that_grew_keeps_more_of_its_end(tmp_path: Path) -> None:
    content = b"\x1a\x45\xdf\xa3" + b"\1" * (2 * WHOLE) + b"\2" * (WHOLE * 3 // 4)
    assert laid_out(tmp_path, content)[-WHOLE * 3 // 4 :] == content[-WHOLE * 3 // 4 :]


@pytest.mark.parametrize("at", [-1, 3])
def test_index_outside_of_the_file_is_refused(at: int) -> None:
    value = MediaEdges(4, b"", b"", 0, b"xy").to_object() | {"index_at": at}
    with pytest.raises(MediaEdgesError):
        MediaEdges.from_object(value)


def laid_out(folder: Path, content: bytes) -> bytes:
    """What arrives of a content, as the file that it is written to."""
    edges = MediaEdges.of(io.BytesIO(content), len(content))
    path = folder / "media"
    with path.open("wb") as file:
        MediaEdges.from_object(json.loads(json.dumps(edges.to_object()))).write(file)
    return path.read_bytes()
