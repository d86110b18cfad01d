"""Round corners and slim pictures, by their pixels and bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.unit.media_image_runs import PICTURES, Runner, decoded, encoded
from upgate.errors import BadFopError

_RED = Image.new("RGB", (100, 60), (255, 0, 0))
_CORNERS = [(0, 0), (99, 0), (0, 59), (99, 59)]


def opacity(picture: Image.Image, at: tuple[int, int]) -> int:
    alpha = picture.convert("RGBA").getchannel("A").getpixel(at)
    assert isinstance(alpha, int)
    return alpha


@pytest.mark.parametrize(
    "command", ["roundPic/radius/20", "roundPic/radiusx/20/radiusy/20", "imageMogr2/rradius/20"]
)
def test_four_corners_are_quarters_of_a_circle(command: str, tmp_path: Path) -> None:
    result = Runner(tmp_path).picture(command, encoded(_RED))
    assert result.format == "PNG"
    assert result.size == (100, 60)
    assert [opacity(result, corner) for corner in _CORNERS] == [0, 0, 0, 0]
    # On the diagonal the circle begins 20 - 20 / sqrt(2) = 5.9 pixels from the corner.
    assert opacity(result, (4, 4)) == 0
    assert 0 < opacity(result, (6, 5)) < 255
    assert opacity(result, (7, 7)) == 255
    assert result.convert("RGBA").getpixel((50, 30)) == (255, 0, 0, 255)
    assert opacity(result, (20, 0)) == opacity(result, (0, 20)) == 255


def test_percent_is_of_each_side_and_half_a_side_is_the_most(tmp_path: Path) -> None:
    runner, source = Runner(tmp_path), encoded(_RED)
    ellipse = runner.picture("roundPic/radius/!50p", source)
    same = runner.picture("roundPic/radiusx/50/radiusy/30", source)
    most = runner.picture("roundPic/radius/9999", source)
    assert ellipse.tobytes() == same.tobytes() == most.tobytes()
    assert opacity(ellipse, (50, 0)) > 200
    assert opacity(ellipse, (10, 5)) == 0


def test_a_format_without_transparency_becomes_png_or_white(tmp_path: Path) -> None:
    source = encoded(_RED, "JPEG", quality=95)
    assert Runner(tmp_path).picture("roundPic/radius/20", source).format == "PNG"
    white = Runner(tmp_path).picture("imageMogr2/rradius/20", source)
    assert white.format == "JPEG"
    colour = white.getpixel((0, 0))
    assert isinstance(colour, tuple)
    assert min(colour) > 225  # its colours are at half the resolution


def test_transparency_that_was_there_stays(tmp_path: Path) -> None:
    half = encoded(Image.new("RGBA", (100, 60), (255, 0, 0, 128)))
    result = Runner(tmp_path).picture("roundPic/radius/20", half)
    assert [opacity(result, at) for at in ((0, 0), (50, 30))] == [0, 128]


def test_iradius_is_the_circle_in_the_middle(tmp_path: Path) -> None:
    picture = _RED.copy()
    picture.paste((0, 0, 255), (45, 25, 55, 35))
    runner, source = Runner(tmp_path), encoded(picture)
    result = runner.picture("imageMogr2/iradius/20", source)
    assert result.size == (40, 40)
    assert opacity(result, (0, 0)) == 0
    assert result.convert("RGBA").getpixel((20, 20)) == (0, 0, 255, 255)
    assert runner.picture("imageMogr2/iradius/9999", source).size == (60, 60)


def test_corners_are_cut_in_the_order_of_the_operations(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageMogr2/rradius/20/crop/50x", encoded(_RED))
    assert [opacity(result, at) for at in ((0, 0), (49, 0))] == [0, 255]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("roundPic/radius/1", "roundPic/radius/0"),
        ("roundPic/radius/!50p", "roundPic/radius/!51p"),
        ("roundPic/radius/9999", "roundPic/radius/10000"),
        ("roundPic/radiusx/5", "roundPic"),
        ("roundPic/radiusx/5/radiusy/6", "roundPic/radius/5/radiusy/6"),
        ("imageMogr2/iradius/1", "imageMogr2/iradius/0"),
        ("imageMogr2/rradius/9999", "imageMogr2/rradius/10000"),
        ("imageslim", "imageslim/quality/5"),
    ],
)
def test_parameters_are_checked(good: str, bad: str, tmp_path: Path) -> None:
    runner, source = Runner(tmp_path), encoded(_RED)
    runner.output(good, source)
    with pytest.raises(BadFopError):
        runner.output(bad, source)


def test_a_slim_picture_is_the_same_and_smaller(tmp_path: Path) -> None:
    photo = decoded(PICTURES / "orientation-6.jpg").convert("RGB").resize((300, 200))
    source = encoded(photo, "JPEG", quality=98, comment=b"x" * 500)
    output = Runner(tmp_path).output("imageslim", source)
    result = decoded(output.path)
    assert output.path.stat().st_size < len(source)
    assert (result.format, result.size) == ("JPEG", (300, 200))
    assert "comment" not in result.info


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF"])
def test_what_does_not_become_smaller_is_the_source(name: str, tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    source = encoded(_RED, name, optimize=True)
    slim = runner.output("imageslim", source).path.read_bytes()
    again = runner.output("imageslim", slim).path.read_bytes()
    assert len(slim) <= len(source)
    assert again == slim
