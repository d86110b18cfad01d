"""GIF as browsers show it: what no frame covers is clear, and frames are drawn over another."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import pytest
from PIL import Image

from upgate import limits
from upgate.images.gif_frames import read_frames
from upgate.images.image_headers.reading import read_header
from upgate.images.picture import PictureGrowsError, UndecodableError
from upgate.images.pictures import open_admitted

RED, BLUE, CLEAR = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
TABLE = bytes((255, 0, 0, 0, 0, 255))  # entry 0 is red, entry 1 blue
type Box = tuple[int, int, int, int]


def packed(width: int, height: int, entry: int) -> bytes:
    """LZW of one colour, as an encoder writes it."""
    stream = io.BytesIO()
    picture = Image.new("P", (width, height), entry)
    picture.putpalette(TABLE)
    picture.save(stream, "GIF", optimize=False)
    data = stream.getvalue()
    start = data.rindex(b"\x2c", 0, data.index(struct.pack("<HH", width, height), 13) + 1)
    return data[start + 10 : -1]


def frame(
    box: Box, entry: int, *, disposal: int = 0, transparent: int | None = None, hundredths: int = 5
) -> bytes:
    left, top, right, bottom = box
    flags = disposal << 2 | (transparent is not None)
    control = struct.pack("<BHB", flags, hundredths, transparent or 0)
    place = struct.pack("<HHHHB", left, top, right - left, bottom - top, 0)
    pixels = packed(right - left, bottom - top, entry)
    return b"\x21\xf9\4" + control + b"\0\x2c" + place + pixels


def gif(*frames: bytes, size: tuple[int, int] = (40, 30), end: bytes = b"\x3b") -> bytes:
    screen = struct.pack("<HHBBB", *size, 0x80, 1, 0)  # the background colour is blue
    loop = b"\x21\xff\x0bNETSCAPE2.0\3\1\7\0\0"
    return b"GIF89a" + screen + TABLE + loop + b"".join(frames) + end


def drawn(data: bytes, frames: int, most: int = 40 * 30) -> list[Image.Image]:
    stream = io.BytesIO(data)
    header = read_header(stream)
    assert header is not None
    picture = open_admitted(stream, header)
    return [picture.pixels(number, most)[0].whole().convert("RGBA") for number in range(frames)]


def colours(picture: Image.Image, places: Sequence[tuple[int, int]]) -> list[object]:
    return [picture.getpixel(place) for place in places]


ALL = (0, 0, 40, 30)
LEFT, RIGHT, MIDDLE = (0, 10, 20, 20), (30, 10, 40, 20), (10, 10, 30, 20)
PLACES = [(5, 15), (25, 15), (35, 15)]  # in LEFT, in MIDDLE alone, in RIGHT


def test_what_the_frame_does_not_cover_is_clear() -> None:
    (picture,) = drawn(gif(frame(MIDDLE, 0)), 1)
    assert picture.size == (40, 30)
    assert colours(picture, PLACES) == [CLEAR, RED, CLEAR]


def test_frame_that_covers_all_is_opaque() -> None:
    (picture,) = drawn(gif(frame(ALL, 1)), 1)
    assert colours(picture, PLACES) == [BLUE] * 3


@pytest.mark.parametrize(
    ("disposal", "expected"),
    [
        (0, [RED, RED, BLUE]),
        (1, [RED, RED, BLUE]),
        (2, [CLEAR, CLEAR, BLUE]),
    ],
)
def test_frame_stays_or_is_cleared(disposal: int, expected: list[object]) -> None:
    data = gif(frame(ALL, 0, disposal=disposal), frame(RIGHT, 1))
    assert colours(drawn(data, 2)[1], PLACES) == expected


def test_clearing_touches_the_frame_alone() -> None:
    data = gif(frame(ALL, 0), frame(RIGHT, 1, disposal=2), frame(LEFT, 1))
    assert colours(drawn(data, 3)[2], PLACES) == [BLUE, RED, CLEAR]


def test_what_was_there_before_a_frame_is_restored() -> None:
    data = gif(frame(ALL, 0), frame(MIDDLE, 1, disposal=3), frame(RIGHT, 1))
    first, second, third = drawn(data, 3)
    assert colours(first, PLACES) == [RED, RED, RED]
    assert colours(second, PLACES) == [RED, BLUE, RED]
    assert colours(third, PLACES) == [RED, RED, BLUE]


def test_transparent_entry_lets_the_frame_before_through() -> None:
    data = gif(frame(ALL, 0), frame(ALL, 1, transparent=1))
    assert colours(drawn(data, 2)[1], PLACES) == [RED] * 3


def test_frame_beyond_the_screen_is_cut_there() -> None:
    (picture,) = drawn(gif(frame((30, 10, 60, 20), 0)), 1)
    assert colours(picture, PLACES) == [CLEAR, CLEAR, RED]


def test_frames_tell_of_time_and_of_being_repeated() -> None:
    first, second = read_frames(gif(frame(ALL, 0), frame(ALL, 1, hundredths=20)))
    assert (first.duration, second.duration, first.loop) == (50, 200, 7)


def test_missing_trailer_does_not_matter() -> None:
    data = gif(frame(ALL, 0), frame(ALL, 1), end=b"")
    assert colours(drawn(data, 2)[1], PLACES) == [BLUE] * 3


def test_frame_larger_than_its_screen_is_decoded_up_to_a_limit() -> None:
    drawn(gif(frame((0, 0, 100, 50), 0)), 1, most=5_000)
    with pytest.raises(PictureGrowsError):
        drawn(gif(frame((0, 0, 101, 50), 0)), 1, most=5_000)


def test_extensions_before_a_frame_are_read_up_to_the_limit() -> None:
    comment = b"\x21\xfe\0"
    assert list(read_frames(gif(comment * (limits.IMAGE_SEGMENTS - 2), frame(ALL, 0))))
    with pytest.raises(UndecodableError):
        list(read_frames(gif(comment * (limits.IMAGE_SEGMENTS - 1), frame(ALL, 0))))
