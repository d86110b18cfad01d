from __future__ import annotations

import io
import zlib
from typing import cast

import pytest

from upgate.resumable.piece import Piece
from upgate.resumable.ranged_content import RangedContent
from upgate.resumable.work_bucket import WorkBucket

BODIES = [bytes(range(256)) * 1000, b"", b"middle" * 50_000, b"end"]
WHOLE = b"".join(BODIES)


class Ranges:
    """A work bucket that remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int]] = []

    def read_range(self, name: str, start: int, length: int) -> bytes:
        self.asked.append((name, start, length))
        body = BODIES[int(name)][start : start + length]
        assert body, "S3 answers 416 to a range that is not there"
        return body


@pytest.fixture
def ranges() -> Ranges:
    return Ranges()


def made(ranges: Ranges, *, with_crc: bool = True) -> RangedContent:
    pieces = [
        Piece(str(number), len(body), "e", zlib.crc32(body) if with_crc else None)
        for number, body in enumerate(BODIES)
    ]
    return RangedContent(cast("WorkBucket", ranges), pieces, "etag")


def test_content_reads_as_one(ranges: Ranges) -> None:
    assert made(ranges).open().read() == WHOLE
    assert made(ranges).size_bytes == len(WHOLE)


def test_prefix_is_one_small_read_however_often_it_is_asked_for(ranges: Ranges) -> None:
    content = made(ranges)
    assert content.prefix() == content.prefix() == WHOLE[: 8 * 1024]
    assert ranges.asked == [("0", 0, 64 * 1024)]


@pytest.mark.parametrize("position", [0, 1, 255_999, 256_000, 256_001, len(WHOLE) - 1])
def test_any_place_can_be_read(ranges: Ranges, position: int) -> None:
    stream = made(ranges).open()
    stream.seek(position)
    assert stream.read(1000) == WHOLE[position : position + 1000]
    assert stream.tell() == min(position + 1000, len(WHOLE))


def test_end_is_the_end(ranges: Ranges) -> None:
    stream = made(ranges).open()
    stream.seek(0, io.SEEK_END)
    assert (stream.tell(), stream.read(), ranges.asked) == (len(WHOLE), b"", [])
    stream.seek(-3, io.SEEK_END)
    assert stream.read() == b"end"


def test_window_grows_while_reading_on_and_shrinks_after_a_jump(ranges: Ranges) -> None:
    stream = made(ranges).open()
    stream.read(200_000)
    stream.seek(300_000)
    stream.read(1)
    lengths = [length for _, _, length in ranges.asked]
    assert lengths == [65_536, 131_072, 59_392, 65_536]


def test_crc32_comes_from_the_pieces(ranges: Ranges) -> None:
    assert made(ranges).crc32() == zlib.crc32(WHOLE)
    assert ranges.asked == []


def test_pieces_without_crc32_have_none(ranges: Ranges) -> None:
    with pytest.raises(NotImplementedError):
        made(ranges, with_crc=False).crc32()


def test_empty_content_is_empty(ranges: Ranges) -> None:
    content = RangedContent(cast("WorkBucket", ranges), [], "etag")
    assert (content.size_bytes, content.prefix(), content.open().read()) == (0, b"", b"")
    assert content.crc32() == 0
