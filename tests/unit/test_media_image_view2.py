from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.unit.media_image_runs import PICTURES, Runner, decoded, encoded
from upgate.errors import BadFopError
from upgate.fops.fop import parse_pipe
from upgate_media import image_view, image_view2
from upgate_media.image_canvas import Canvas
from upgate_media.image_geometry import Size
from upgate_media.image_plan import plan
from upgate_media.image_view2 import View


def size_of(command: str, size: Size, orientation: int = 1) -> Size:
    fop = parse_pipe(command).commands[0]
    module = image_view if fop.name == "imageView" else image_view2
    return plan(module.parse(fop).steps, Canvas(size, orientation)).size


# The first three are samples of Kodo's documents (gogopher.jpg, 640x427); the fourth is a user's
# report (segmentfault 1010000003859765): each side is clipped to what the picture has.
@pytest.mark.parametrize(
    ("command", "size", "expected"),
    [
        ("imageView2/1/w/200/h/200", (640, 427), (200, 200)),
        ("imageView2/2/w/200", (640, 427), (200, 133)),
        ("imageView2/2/h/200", (640, 427), (300, 200)),
        ("imageView2/1/w/1080/h/636", (256, 256), (256, 256)),
        ("imageView2/0/w/300/h/100", (640, 427), (150, 100)),
        ("imageView2/0/w/300/h/100", (427, 640), (100, 150)),
        ("imageView2/0/w/300", (427, 640), (200, 300)),
        ("imageView2/0/h/300", (427, 640), (300, 450)),
        ("imageView2/1/w/200", (640, 427), (200, 200)),
        ("imageView2/1/h/200", (640, 427), (200, 200)),
        ("imageView2/1/w/700/h/100", (640, 427), (640, 100)),
        ("imageView2/2/w/300/h/100", (427, 640), (67, 100)),
        ("imageView2/3/w/300/h/100", (640, 427), (300, 200)),
        ("imageView2/3/w/200", (640, 427), (300, 200)),
        ("imageView2/3/w/2000/h/100", (640, 427), (640, 427)),
        ("imageView2/4/w/300/h/250", (640, 427), (375, 250)),
        ("imageView2/4/w/300/h/250", (427, 640), (250, 375)),
        ("imageView2/4/h/200", (427, 640), (200, 300)),
        ("imageView2/5/w/300/h/250", (640, 427), (300, 250)),
        ("imageView2/5/w/300/h/250", (427, 640), (250, 300)),
        ("imageView2/5/w/100/h/50", (1000, 1001), (50, 100)),
        ("imageView2/2/w/9999/h/9999", (640, 427), (640, 427)),
        ("imageView2/0", (640, 427), (640, 427)),
        ("imageView2/1/q/50", (640, 427), (640, 427)),
        ("imageView/1/w/200/h/200", (640, 427), (200, 200)),
        ("imageView/1/w/500/h/500", (640, 427), (500, 500)),
        ("imageView/2/w/200", (640, 427), (200, 133)),
        ("imageView/2/h/200", (640, 427), (300, 200)),
        ("imageView/2/w/2000", (640, 427), (640, 427)),
    ],
)
def test_a_mode_gives_its_size(command: str, size: Size, expected: Size) -> None:
    assert size_of(command, size) == expected


@pytest.mark.parametrize(("orientation", "expected"), [(1, (60, 40)), (3, (60, 40)), (6, (27, 40))])
def test_sides_are_those_of_the_upright_picture(orientation: int, expected: Size) -> None:
    assert size_of("imageView2/2/w/60/h/40", (120, 80), orientation) == expected


@given(
    st.integers(0, 5),
    st.one_of(st.none(), st.integers(1, 9_999)),
    st.one_of(st.none(), st.integers(1, 9_999)),
    st.tuples(st.integers(1, 30_000), st.integers(1, 30_000)),
)
def test_no_mode_enlarges_or_leaves_its_bounds(
    mode: int, width: int | None, height: int | None, size: Size
) -> None:
    found = plan((View(mode, width, height),), Canvas(size)).size
    assert all(1 <= side <= whole for side, whole in zip(found, size, strict=True))
    if mode == 2 and width and height:
        assert found[0] <= width
        assert found[1] <= height
    if mode == 1 and width and height:
        assert found == (min(width, size[0]), min(height, size[1]))
    if mode == 3 and width and height:
        assert found[0] >= width or found[0] == size[0] or found[1] >= height


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int, tmp_path: Path) -> None:
    result = Runner(tmp_path).picture(
        "imageView2/2/w/60/format/png", PICTURES / f"orientation-{orientation}.jpg"
    )
    red, green, blue = result.convert("RGB").getpixel((18, 18))  # type: ignore[misc]
    assert result.size == (60, 40)
    assert red > 200
    assert green < 100
    assert blue < 100


def test_a_thumbnail_tells_nothing_about_the_camera(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageView2/2/w/60", PICTURES / "orientation-6.jpg")
    assert not result.getexif()


@pytest.mark.parametrize(
    ("name", "format_name", "mime_type"),
    [
        ("jpg", "JPEG", "image/jpeg"),
        ("jpeg", "JPEG", "image/jpeg"),
        ("png", "PNG", "image/png"),
        ("gif", "GIF", "image/gif"),
        ("webp", "WEBP", "image/webp"),
        ("bmp", "BMP", "image/bmp"),
        ("tiff", "TIFF", "image/tiff"),
        ("avif", "AVIF", "image/avif"),
    ],
)
def test_every_format_is_written(
    name: str, format_name: str, mime_type: str, tmp_path: Path
) -> None:
    runner = Runner(tmp_path)
    output = runner.output(f"imageView2/2/w/40/format/{name}", PICTURES / "scene.png")
    assert output.mime_type == mime_type
    assert decoded(output.path).format == format_name


@pytest.mark.parametrize(
    ("file", "format_name"),
    [
        *(("ycbcr.jpg", "JPEG"), ("cmyk.jpg", "JPEG"), ("progressive.jpg", "JPEG")),
        *(("rgba.png", "PNG"), ("gray16.png", "PNG"), ("transparent-colour.png", "PNG")),
        *(("still.gif", "GIF"), ("alpha.webp", "WEBP"), ("lossless.webp", "WEBP")),
        *(("palette.bmp", "BMP"), ("cmyk.tiff", "TIFF"), ("alpha.avif", "AVIF")),
    ],
)
def test_every_format_is_read_and_kept(file: str, format_name: str, tmp_path: Path) -> None:
    source = PICTURES.parent.parent / "images" / file
    result = Runner(tmp_path).picture("imageView2/2/w/10", source)
    assert result.format == format_name
    assert result.width == 10


def test_interlace_makes_a_progressive_jpeg(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    source = PICTURES / "orientation-1.jpg"
    assert runner.picture("imageView2/2/w/60/interlace/1", source).info.get("progressive")
    assert not runner.picture("imageView2/2/w/60/interlace/0", source).info.get("progressive")


def test_colors_limit_a_gif(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageView2/0/format/gif/colors/4", PICTURES / "scene.png")
    assert len(result.convert("RGB").getcolors() or ()) <= 4


def test_transparency_becomes_white_in_a_jpeg(tmp_path: Path) -> None:
    clear = encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)))
    result = Runner(tmp_path).picture("imageView2/2/w/10/format/jpg", clear)
    assert result.getpixel((5, 5)) == (255, 255, 255)


def test_transparency_is_kept_where_it_can_be(tmp_path: Path) -> None:
    half = encoded(Image.new("RGBA", (20, 20), (10, 20, 30, 128)))
    result = Runner(tmp_path).picture("imageView2/2/w/10/format/webp", half)
    assert result.getpixel((5, 5))[3] == 128  # type: ignore[index]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("imageView2/5/w/10", "imageView2/6/w/10"),
        ("imageView2/0", "imageView2"),
        ("imageView2/0/w/1", "imageView2/0/w/0"),
        ("imageView2/0/h/9999", "imageView2/0/h/10000"),
        ("imageView2/0/w/10/q/100!", "imageView2/0/w/10/q/101!"),
        ("imageView2/0/q/1", "imageView2/0/q/0"),
        ("imageView2/0/q/80!", "imageView2/0/q/80!!"),
        ("imageView2/0/colors/256", "imageView2/0/colors/257"),
        ("imageView2/0/colors/2", "imageView2/0/colors/1"),
        ("imageView2/0/interlace/1", "imageView2/0/interlace/2"),
        ("imageView2/0/ignore-error/1", "imageView2/0/ignore-error/yes"),
        ("imageView2/0/format/jpg", "imageView2/0/format/heic"),
        ("imageView2/0/w/10", "imageView2/0/w"),
        ("imageView2/0/w/10", "imageView2/0/w/10/w/10"),
        ("imageView2/0/w/10", "imageView2/0/width/10"),
        ("imageView/1/w/10", "imageView/0/w/10"),
        ("imageView/2/w/10", "imageView/3/w/10"),
        ("imageView/2/w/10/q/85", "imageView/2/w/10/interlace/1"),
    ],
)
def test_a_good_command_is_taken_and_its_neighbour_refused(good: str, bad: str) -> None:
    size_of(good, (100, 100))
    with pytest.raises(BadFopError):
        size_of(bad, (100, 100))
