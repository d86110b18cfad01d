from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upgate.errors import BadFopError
from upgate_media.image_geometry import (
    Box,
    Crop,
    Gravity,
    Size,
    parse_crop,
    parse_gravity,
    parse_thumbnail,
    place,
    scaled,
)

_PICTURE = (640, 427)  # the gogopher.jpg of Kodo's documents
_SIDE = st.integers(1, 9_999)
_SIZES = st.tuples(st.integers(1, 30_000), st.integers(1, 30_000))


# Sizes as ImageMagick 6.9.11 printed them for -resize of a 640x427 picture.
@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("!75p", (480, 320)),
        ("!150p", (960, 641)),
        ("200x", (200, 133)),
        ("700x", (700, 467)),
        ("x200", (300, 200)),
        ("x467", (700, 467)),
        ("300x300", (300, 200)),
        ("100x400", (100, 67)),
        ("!200x200r", (300, 200)),
        ("!300x300r", (450, 300)),
        ("200x300!", (200, 300)),
        ("300x200>", (300, 200)),
        ("200x300>", (200, 133)),
        ("700x600>", (640, 427)),
        ("700x600<", (700, 467)),
        ("1000x200<", (640, 427)),
        ("100x100<", (640, 427)),
        ("350000@", (724, 483)),
        ("1000@", (38, 25)),
        ("1x", (1, 1)),
        ("9999x1", (1, 1)),
    ],
)
def test_a_thumbnail_has_the_size_that_imagemagick_gives(text: str, size: Size) -> None:
    assert parse_thumbnail(text)(_PICTURE) == size


# Here Kodo's documents since 2015 and ImageMagick differ: one side is scaled alone.
@pytest.mark.parametrize(("text", "size"), [("!75px", (480, 427)), ("!x75p", (640, 320))])
def test_a_percentage_of_one_side_leaves_the_other(text: str, size: Size) -> None:
    assert parse_thumbnail(text)(_PICTURE) == size


@pytest.mark.parametrize(
    ("escaped", "plain"), [("!200x200r", "200x200^"), ("!50p", "50%"), ("!50x50", "50x50")]
)
def test_an_escaped_size_is_the_plain_one(escaped: str, plain: str) -> None:
    assert parse_thumbnail(escaped)(_PICTURE) == parse_thumbnail(plain)(_PICTURE)


@pytest.mark.parametrize(
    ("most", "beyond"),
    [
        ("9999x", "10000x"),
        ("x9999", "x10000"),
        ("1x1", "0x1"),
        ("1x1", "1x0"),
        ("!999p", "!1000p"),
        ("!1p", "!0p"),
        ("!999px", "!1000px"),
        ("!x999p", "!x1000p"),
        ("24999999@", "25000000@"),
        ("1@", "0@"),
    ],
)
def test_a_number_in_range_is_taken_and_its_neighbour_refused(most: str, beyond: str) -> None:
    parse_thumbnail(most)
    with pytest.raises(BadFopError, match="thumbnail"):
        parse_thumbnail(beyond)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "!",
            "x",
            "!p",
            "!x",
            "200",
            "!200",
            "200x200x200",
            "-200x",
            "200x-1",
            "2e2x",
            "200 x",
        ),
        *("200x200<>", "!200x200rr", "@", "1.5@", "200x200@", "x!", "p", "٣٠٠x", "200x200\n"),
    ],
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BadFopError):
        parse_thumbnail(text)


@given(st.text(max_size=20))
def test_any_text_is_a_size_or_a_typed_refusal(text: str) -> None:
    for parse in (parse_thumbnail, parse_crop, parse_gravity):
        try:
            parse(text)
        except BadFopError:
            continue


@given(_SIZES, _SIDE, _SIDE)
def test_a_fitted_picture_is_inside_and_touches(size: Size, width: int, height: int) -> None:
    result = parse_thumbnail(f"{width}x{height}")(size)
    assert result[0] <= width
    assert result[1] <= height
    assert result[0] == width or result[1] == height


@given(_SIZES, _SIDE, _SIDE)
def test_a_covering_picture_leaves_no_gap(size: Size, width: int, height: int) -> None:
    result = parse_thumbnail(f"!{width}x{height}r")(size)
    assert result[0] >= width
    assert result[1] >= height
    assert result[0] == width or result[1] == height


@given(_SIZES, _SIDE, _SIDE)
def test_only_larger_never_enlarges_and_only_smaller_never_shrinks(
    size: Size, width: int, height: int
) -> None:
    shrunk = parse_thumbnail(f"{width}x{height}>")(size)
    grown = parse_thumbnail(f"{width}x{height}<")(size)
    assert shrunk <= size
    assert grown >= size
    assert size in (shrunk, grown)


@given(_SIZES, st.integers(1, 24_999_999))
def test_an_area_is_not_exceeded(size: Size, area: int) -> None:
    width, height = parse_thumbnail(f"{area}@")(size)
    assert width * height <= area or 1 in (width, height)


@given(_SIZES, st.fractions(Fraction(1, 30_000), 10))
def test_scaling_is_off_by_half_a_pixel_at_most(size: Size, factor: Fraction) -> None:
    for side, after in zip(size, scaled(size, factor), strict=True):
        assert after >= 1
        assert after == 1 or abs(after - side * factor) <= Fraction(1, 2)


# Boxes as ImageMagick 6.9.11 cut them with -gravity and -crop from a 640x427 picture.
@pytest.mark.parametrize(
    ("text", "gravity", "box"),
    [
        ("300x300", "NorthWest", (0, 0, 300, 300)),
        ("300x", "NorthWest", (0, 0, 300, 427)),
        ("x200", "NorthWest", (0, 0, 640, 200)),
        ("700x500", "NorthWest", (0, 0, 640, 427)),
        ("!300x300a30a100", "NorthWest", (30, 100, 330, 400)),
        ("!300x300-30a100", "NorthWest", (0, 100, 270, 400)),
        ("!300x300a30-100", "NorthWest", (30, 0, 330, 200)),
        ("!300x300-30-100", "NorthWest", (0, 0, 270, 200)),
        ("!300x300a500a300", "NorthWest", (500, 300, 640, 427)),
        ("!300x300a10a10", "Center", (180, 73, 480, 373)),
        ("!300x300-10-10", "Center", (160, 53, 460, 353)),
        ("!300x300-30a100", "Center", (140, 163, 440, 427)),
        ("!300x300a10a10", "SouthEast", (330, 117, 630, 417)),
        ("!300x300-10-10", "SouthEast", (350, 137, 640, 427)),
        ("!300x300-30a100", "SouthEast", (370, 27, 640, 327)),
        ("!300x300a10a10", "North", (180, 10, 480, 310)),
        ("!300x300-10-10", "North", (160, 0, 460, 290)),
        ("!300x300a10a10", "East", (330, 73, 630, 373)),
        ("!300x300-10-10", "East", (350, 53, 640, 353)),
    ],
)
def test_a_crop_is_the_box_that_imagemagick_cuts(text: str, gravity: str, box: Box) -> None:
    assert parse_crop(text).box(_PICTURE, parse_gravity(gravity)) == box


@pytest.mark.parametrize("text", ["!300x300a640a0", "!300x300-300a0", "!300x300a0a427"])
def test_a_crop_beside_the_picture_is_refused(text: str) -> None:
    with pytest.raises(BadFopError, match="640x427"):
        parse_crop(text).box(_PICTURE, Gravity.NORTH_WEST)


def test_a_crop_of_one_last_pixel_is_taken() -> None:
    assert parse_crop("!300x300a639a426").box(_PICTURE, Gravity.NORTH_WEST) == (639, 426, 640, 427)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "300", "!300x300a10", "!300x300aa", "300x300a10a10", "0x10", "10000x1", "!x"),
        *("!300x300a10a10a10", "!300x300a30001a0", "!300x300a0-30001", "300x300!", "1.5x2"),
    ],
)
def test_what_is_no_crop_is_refused(text: str) -> None:
    with pytest.raises(BadFopError, match="crop"):
        parse_crop(text)


def test_the_farthest_offset_is_taken() -> None:
    assert parse_crop("!300x300a30000-30000") == Crop(300, 300, 30_000, -30_000)


@given(_SIZES, st.tuples(_SIDE, _SIDE), st.sampled_from(Gravity), st.integers(-50, 50))
def test_a_crop_never_leaves_the_picture(
    size: Size, part: Size, gravity: Gravity, offset: int
) -> None:
    try:
        left, top, right, bottom = Crop(*part, offset, offset).box(size, gravity)
    except BadFopError:
        return
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert right - left <= part[0]
    assert bottom - top <= part[1]


@given(_SIZES, st.sampled_from(Gravity))
def test_a_picture_of_its_own_size_is_placed_at_the_corner(size: Size, gravity: Gravity) -> None:
    assert place(size, size, gravity, 0, 0) == (0, 0)


@pytest.mark.parametrize("text", ["SouthEast", "southeast", "SOUTHEAST"])
def test_gravity_is_taken_in_any_case(text: str) -> None:
    assert parse_gravity(text) is Gravity.SOUTH_EAST


@pytest.mark.parametrize("text", ["", "Middle", "South East", "SouthSouth"])
def test_another_gravity_is_refused(text: str) -> None:
    with pytest.raises(BadFopError, match="gravity"):
        parse_gravity(text)
