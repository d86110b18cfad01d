from __future__ import annotations

import hashlib
import io

import pytest

from upgate import limits
from upgate.contents.content import BufferedContent
from upgate.intake.upload_request import Content

DATA = bytes(range(256)) * 100


@pytest.mark.parametrize("data", [DATA, bytearray(DATA), memoryview(DATA)])
def test_every_kind_of_memory_is_one_content(data: Content) -> None:
    content = BufferedContent(data)
    assert (content.size_bytes, content.etag) == (25_600, BufferedContent(DATA).etag)


def test_the_empty_content_has_its_etag() -> None:
    assert BufferedContent(b"").etag == "Fto5o-5ea0sNMlW_75VgGJCv2AcJ"  # protocol.md 5


def test_the_block_digests_are_those_of_the_etag() -> None:
    sha1 = hashlib.sha1(DATA, usedforsecurity=False).digest()
    assert BufferedContent(DATA).block_digests == [sha1]


def test_the_crc32_is_the_ieee_one() -> None:
    assert BufferedContent(b"123456789").crc32() == 0xCBF43926  # the algorithm's check value


@pytest.mark.parametrize("size", [0, 1, limits.SNIFF_BYTES, limits.SNIFF_BYTES + 1])
def test_the_prefix_ends_at_what_is_sniffed(size: int) -> None:
    assert len(BufferedContent(bytes(size)).prefix()) == min(size, limits.SNIFF_BYTES)


def test_the_prefix_is_the_beginning() -> None:
    assert BufferedContent(memoryview(DATA)).prefix() == DATA[: limits.SNIFF_BYTES]


def test_a_stream_gives_the_whole_content() -> None:
    assert BufferedContent(DATA).open().read() == DATA


def test_each_stream_begins_anew() -> None:
    content = BufferedContent(DATA)
    content.open().read()
    assert content.open().read(3) == DATA[:3]


@pytest.mark.parametrize(
    ("offset", "whence", "position"),
    [
        (10, io.SEEK_SET, 10),
        (5, io.SEEK_CUR, 8),
        (-2, io.SEEK_CUR, 1),
        (-10, io.SEEK_END, len(DATA) - 10),
        (0, io.SEEK_END, len(DATA)),
        (10, io.SEEK_END, len(DATA) + 10),
    ],
)
def test_a_stream_can_be_sought_as_a_file(offset: int, whence: int, position: int) -> None:
    stream = BufferedContent(DATA).open()
    stream.read(3)
    assert stream.seek(offset, whence) == position == stream.tell()
    assert stream.read() == DATA[position:]


def test_a_position_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        BufferedContent(DATA).open().seek(-len(DATA) - 1, io.SEEK_END)


def test_a_stream_cannot_change_the_content() -> None:
    with pytest.raises(io.UnsupportedOperation):
        BufferedContent(bytearray(DATA)).open().write(b"x")
