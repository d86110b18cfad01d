from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.unit.media_image_runs import PICTURES, Runner, b64, decoded, encoded
from upgate.errors import BadFopError
from upgate.fops.fop import parse_pipe
from upgate_media import image_mogr2
from upgate_media.image_canvas import Canvas
from upgate_media.image_geometry import Size
from upgate_media.image_output import SizeLimit, parse_size_limit
from upgate_media.image_plan import plan
from upgate_media.image_steps import Blur, Rotate


def size_of(command: str, size: Size = (640, 427)) -> Size:
    fop = parse_pipe(command).commands[0]
    return plan(image_mogr2.parse(fop).steps, Canvas(size, 6)).size


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("imageMogr2/thumbnail/!50p/crop/200x200", (200, 200)),
        ("imageMogr2/crop/200x200/thumbnail/!50p", (100, 100)),
        ("imageMogr2/crop/300x300/thumbnail/100x/crop/50x60", (50, 60)),
        ("imageMogr2/auto-orient/thumbnail/100x", (100, 150)),
        ("imageMogr2/thumbnail/100x/auto-orient", (67, 100)),
        ("imageMogr2/thumbnail/100x", (100, 67)),
        ("imageMogr2/rotate/90/crop/400x", (400, 640)),
        ("imageMogr2/crop/400x/rotate/90", (427, 400)),
        ("imageMogr2/strip/quality/50/interlace/1", (640, 427)),
    ],
)
def test_operations_are_done_in_the_order_in_which_they_are_written(
    command: str, expected: Size
) -> None:
    assert size_of(command) == expected


def test_gravity_holds_for_the_crops_after_it_alone(tmp_path: Path) -> None:
    halves = Image.new("RGB", (20, 10), (255, 0, 0))
    halves.paste((0, 0, 255), (10, 0, 20, 10))
    runner, source = Runner(tmp_path), encoded(halves)
    after = runner.picture("imageMogr2/gravity/East/crop/5x5", source)
    before = runner.picture("imageMogr2/crop/5x5/gravity/East", source)
    assert after.getpixel((2, 2)) == (0, 0, 255)
    assert before.getpixel((2, 2)) == (255, 0, 0)


def test_without_auto_orient_the_picture_is_not_turned_and_says_so(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageMogr2/thumbnail/40x", PICTURES / "orientation-6.jpg")
    assert result.size == (40, 60)
    assert result.getexif()[0x0112] == 6


def test_with_auto_orient_the_exif_that_goes_along_says_upright(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageMogr2/auto-orient", PICTURES / "orientation-6.jpg")
    assert result.size == (120, 80)
    assert dict(result.getexif()) == {0x0112: 1, 0x010F: "Upgate"}


def test_strip_takes_the_exif_away(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageMogr2/strip", PICTURES / "orientation-6.jpg")
    assert not result.getexif()


def test_rotation_is_clockwise(tmp_path: Path) -> None:
    corner = Image.new("RGB", (20, 10))
    corner.putpixel((0, 0), (255, 255, 255))
    result = Runner(tmp_path).picture("imageMogr2/rotate/90", encoded(corner))
    assert result.getpixel((9, 0)) == (255, 255, 255)


def test_rotated_corners_are_white(tmp_path: Path) -> None:
    black = encoded(Image.new("RGB", (40, 40)))
    result = Runner(tmp_path).picture("imageMogr2/rotate/45", black)
    assert result.getpixel((0, 0)) == (255, 255, 255)
    assert result.getpixel((result.width // 2, result.height // 2)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("background", "corner"),
    [("transparent", (0, 0, 0, 0)), ("#FF0000", (255, 0, 0, 255)), ("blue", (0, 0, 255, 255))],
)
def test_rotated_corners_take_the_background(
    background: str, corner: tuple[int, ...], tmp_path: Path
) -> None:
    command = f"imageMogr2/background/{b64(background)}/rotate/45"
    result = Runner(tmp_path).picture(command, encoded(Image.new("RGB", (40, 40))))
    assert result.convert("RGBA").getpixel((0, 0)) == corner


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 360), st.integers(1, 60), st.integers(1, 60))
def test_the_planned_size_of_a_rotation_is_the_real_one(
    degrees: int, width: int, height: int
) -> None:
    canvas, operations = Rotate(degrees).plan(Canvas((width, height)))
    image = Image.new("RGB", (width, height))
    for operation in operations:
        image = operation(image)
    assert image.size == canvas.size


@pytest.mark.parametrize(("degrees", "expected"), [(45, (756, 757)), (30, (770, 691))])
def test_a_rotation_is_as_large_as_imagemagick_makes_it(degrees: int, expected: Size) -> None:
    canvas, _ = Rotate(degrees).plan(Canvas((640, 427)))
    assert all(abs(side - other) <= 3 for side, other in zip(canvas.size, expected, strict=True))


def test_a_full_turn_is_no_operation() -> None:
    assert Rotate(360).plan(Canvas((10, 20))) == (Canvas((10, 20)), ())


def test_a_blur_within_a_wide_radius_is_the_plain_gaussian() -> None:
    assert Blur(50, 5.0).effective_sigma() == pytest.approx(5.0, rel=1e-3)


def test_a_blur_is_cut_off_at_its_radius() -> None:
    assert Blur(1, 1000.0).effective_sigma() == pytest.approx((2 / 3) ** 0.5, rel=1e-3)


def test_a_blur_draws_no_colour_from_transparent_pixels() -> None:
    picture = Image.new("RGBA", (20, 20), (0, 255, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 10, 20))
    red, green, blue, opacity = Blur(5, 2.0)(picture).getpixel((10, 10))  # type: ignore[misc]
    assert 0 < opacity < 255
    assert (red > 245, green < 10, blue < 10) == (True, True, True)


def test_sharpening_steepens_an_edge(tmp_path: Path) -> None:
    edge = Image.new("L", (20, 20), 100)
    edge.paste(150, (10, 0, 20, 20))
    result = Runner(tmp_path).picture("imageMogr2/sharpen/1", encoded(edge))
    assert result.getpixel((10, 10)) > 150  # type: ignore[operator]


def test_a_size_limit_is_kept(tmp_path: Path) -> None:
    pixels = random.Random(7).randbytes(200 * 200)  # noqa: S311 - a picture, not a secret
    noise = encoded(Image.frombytes("L", (200, 200), pixels))
    command = "imageMogr2/format/jpg/size-limit/6k"
    output = Runner(tmp_path).output(command, noise)
    assert 4 * 1024 < output.path.stat().st_size <= 6 * 1024


def test_a_size_limit_below_what_can_be_gives_the_smallest(tmp_path: Path) -> None:
    noise = encoded(Image.effect_noise((200, 200), 100))
    output = Runner(tmp_path).output("imageMogr2/format/jpg/size-limit/100", noise)
    assert decoded(output.path).size == (200, 200)


def test_a_result_that_is_not_smaller_gives_way_to_the_source(tmp_path: Path) -> None:
    small = encoded(Image.effect_noise((100, 100), 100), "JPEG", quality=5)
    runner = Runner(tmp_path)
    output = runner.output("imageMogr2/quality/100!/size-limit/9m!", small)
    assert output.path.read_bytes() == small
    assert output.mime_type == "application/x-source"
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_smaller_result_is_given(tmp_path: Path) -> None:
    large = encoded(Image.effect_noise((100, 100), 100), "JPEG", quality=95)
    output = Runner(tmp_path).output("imageMogr2/quality/20/size-limit/$(fsize)!", large)
    assert output.path.stat().st_size < len(large)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("15k", SizeLimit(15 * 1024)),
        ("2M", SizeLimit(2 * 1024 * 1024)),
        ("500", SizeLimit(500)),
        ("15K!", SizeLimit(15 * 1024, or_source=True)),
        ("$(fsize)!", SizeLimit(None, or_source=True)),
    ],
)
def test_a_size_limit_has_a_unit(text: str, limit: SizeLimit) -> None:
    assert parse_size_limit(text) == limit


@pytest.mark.parametrize("text", ["", "0", "0k", "k", "15g", "1.5m", "-1k", "15k!!", "$(etag)"])
def test_another_size_limit_is_refused(text: str) -> None:
    with pytest.raises(BadFopError, match="size-limit"):
        parse_size_limit(text)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("imageMogr2/rotate/1", "imageMogr2/rotate/0"),
        ("imageMogr2/rotate/360", "imageMogr2/rotate/361"),
        ("imageMogr2/blur/1x1", "imageMogr2/blur/0x1"),
        ("imageMogr2/blur/50x0.5", "imageMogr2/blur/51x0.5"),
        ("imageMogr2/blur/3x5", "imageMogr2/blur/3x0"),
        ("imageMogr2/blur/3x5", "imageMogr2/blur/3"),
        ("imageMogr2/blur/3x5", "imageMogr2/blur/3xx5"),
        ("imageMogr2/quality/100", "imageMogr2/quality/101"),
        ("imageMogr2/quality/1!", "imageMogr2/quality/0!"),
        ("imageMogr2/sharpen/1", "imageMogr2/sharpen/2"),
        ("imageMogr2/interlace/0", "imageMogr2/interlace/true"),
        ("imageMogr2/colors/2", "imageMogr2/colors/1"),
        ("imageMogr2/format/webp", "imageMogr2/format/exe"),
        ("imageMogr2/strip", "imageMogr2/strip/strip"),
        ("imageMogr2/format/png", "imageMogr2/format/png/format/png"),
        ("imageMogr2/auto-orient", "imageMogr2/auto-orient/1"),
        ("imageMogr2/auto-orient", "imageMogr2/autoorient"),
        ("imageMogr2/thumbnail/10x", "imageMogr2/thumbnail"),
        (f"imageMogr2/background/{b64('red')}", f"imageMogr2/background/{b64('reddish')}"),
        (f"imageMogr2/background/{b64('#FF0000')}", "imageMogr2/background/red!"),
    ],
)
def test_a_good_command_is_taken_and_its_neighbour_refused(good: str, bad: str) -> None:
    size_of(good)
    with pytest.raises(BadFopError):
        size_of(bad)


def test_an_empty_command_writes_the_picture_anew(tmp_path: Path) -> None:
    assert Runner(tmp_path).picture("imageMogr2", PICTURES / "scene.png").size == (120, 80)
