"""The transparent colour of a PNG, at every depth: what is equal to it is clear, nothing else."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from upgate.images.eight_bits import to_eight_bits
from upgate.images.pictures import with_pixels

GREY, COLOUR = 0, 2


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png(width: int, depth: int, color_type: int, row: bytes, transparent: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, 1, depth, color_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tRNS", transparent)
        + chunk(b"IDAT", zlib.compress(b"\0" + row))
        + chunk(b"IEND", b"")
    )


def opacity(data: bytes) -> list[int]:
    picture = with_pixels(io.BytesIO(data), lambda pixels: to_eight_bits(pixels.whole()))
    assert picture is not None
    return list(picture.convert("RGBA").getchannel("A").tobytes())


@pytest.mark.parametrize(
    ("depth", "row", "transparent", "expected"),
    [
        (1, b"\x50", 1, [255, 0, 255, 0]),
        (1, b"\x50", 0, [0, 255, 0, 255]),
        (2, b"\x1b", 2, [255, 255, 0, 255]),
        (4, b"\x9a\xbf", 0xA, [255, 0, 255, 255]),
        (8, b"\x01\x02\x03\x04", 3, [255, 255, 0, 255]),
        (16, struct.pack(">4H", 0x0200, 0x0201, 0x0202, 0x8201), 0x0201, [255, 0, 255, 255]),
        (16, struct.pack(">4H", 0, 1, 0xFFFE, 0xFFFF), 0xFFFF, [255, 255, 255, 0]),
    ],
)
def test_grey_that_is_transparent(
    depth: int, row: bytes, transparent: int, expected: list[int]
) -> None:
    assert opacity(png(4, depth, GREY, row, struct.pack(">H", transparent))) == expected


@pytest.mark.parametrize(
    ("depth", "pixels", "transparent", "expected"),
    [
        (8, [(1, 2, 3), (1, 2, 4)], (1, 2, 3), [0, 255]),
        (16, [(0x0102, 0x0304, 0x0506)] * 2, (0x0102, 0x0304, 0x0506), [0, 0]),
        (16, [(0x0102, 0x0304, 0x0506)] * 2, (0x0102, 0x0304, 0x0507), [255, 255]),
        (16, [(0x0102, 0x0304, 0x0506)] * 2, (0x0202, 0x0304, 0x0506), [255, 255]),
        (16, [(0xFFFF, 0xFFFF, 0xFFFF), (0xFFFF, 0xFFFE, 0xFFFF)], (0xFFFF,) * 3, [0, 255]),
    ],
)
def test_colour_that_is_transparent(
    depth: int,
    pixels: list[tuple[int, int, int]],
    transparent: tuple[int, ...],
    expected: list[int],
) -> None:
    code = ">3H" if depth == 16 else ">3B"
    row = b"".join(struct.pack(code, *pixel) for pixel in pixels)
    data = png(len(pixels), depth, COLOUR, row, struct.pack(">3H", *transparent))
    assert opacity(data) == expected


def test_deep_grey_keeps_its_upper_bits() -> None:
    row = struct.pack(">4H", 0, 0x4000, 0x8000, 0xFFFF)
    data = png(4, 16, GREY, row, struct.pack(">H", 7))
    picture = with_pixels(io.BytesIO(data), lambda pixels: to_eight_bits(pixels.whole()))
    assert picture is not None
    assert list(picture.getchannel("R").tobytes()) == [0, 0x3F, 0x7F, 0xFF]
