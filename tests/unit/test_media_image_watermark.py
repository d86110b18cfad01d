from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import noto_cjk_sans_otc  # type: ignore[import-untyped]
import pytest
from PIL import Image

from pack_ffmpeg import pack
from tests.unit.media_image_runs import PICTURES, Runner, b64, encoded, frames
from upgate.errors import BadFopError, OutputTooLargeError, RemoteFileError
from upgate_media import text_fonts
from upgate_media.image_text import draw_text
from upgate_media.image_watermark import Scaling
from upgate_media.media_limits import DEFAULT_LIMITS

_URL = b64("http://example.com/mark.png")
_WHITE = encoded(Image.new("RGB", (100, 60), "white"))
_BLACK = (0, 0, 0, 255)


def red(width: int = 20, height: int = 10) -> bytes:
    return encoded(Image.new("RGBA", (width, height), (255, 0, 0, 255)))


def ink(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of what is not white."""
    return picture.convert("L").point(lambda value: 255 - value).getbbox()


@pytest.mark.parametrize(
    ("placing", "box"),
    [
        ("", (70, 40, 90, 50)),
        ("/dx/0/dy/0", (80, 50, 100, 60)),
        ("/gravity/NorthWest/dx/3/dy/4", (3, 4, 23, 14)),
        ("/gravity/North/dx/3/dy/4", (43, 4, 63, 14)),
        ("/gravity/NorthEast/dx/3/dy/4", (77, 4, 97, 14)),
        ("/gravity/West/dx/3/dy/4", (3, 29, 23, 39)),
        ("/gravity/Center/dx/0/dy/0", (40, 25, 60, 35)),
        ("/gravity/East/dx/3/dy/4", (77, 29, 97, 39)),
        ("/gravity/SouthWest/dx/3/dy/4", (3, 46, 23, 56)),
        ("/gravity/South/dx/3/dy/4", (43, 46, 63, 56)),
        ("/gravity/southeast/dx/-5/dy/-5", (85, 55, 100, 60)),
    ],
)
def test_a_picture_lies_where_it_is_put(
    placing: str, box: tuple[int, int, int, int], tmp_path: Path
) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red())
    assert ink(runner.picture(f"watermark/1/image/{_URL}{placing}", _WHITE)) == box


def test_the_picture_is_fetched_from_the_url_that_is_named(tmp_path: Path) -> None:
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return red()

    Runner(tmp_path, fetch=fetch).output(f"watermark/1/image/{_URL}", _WHITE)
    assert asked == ["http://example.com/mark.png"]


def test_dissolve_is_the_opacity_in_percent(tmp_path: Path) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red())
    result = runner.picture(f"watermark/1/image/{_URL}/dissolve/40/dx/0/dy/0", _WHITE)
    assert result.getpixel((90, 55)) == (255, 153, 153)


# The example of Kodo's documents: a picture of 250x250, a watermark of 91x61, ws 1.
@pytest.mark.parametrize(
    ("share", "side", "canvas", "expected"),
    [
        (1.0, 0, (250, 250), (372, 250)),
        (0.5, 0, (400, 200), (149, 100)),
        (0.5, 1, (400, 200), (200, 134)),
        (0.5, 2, (200, 400), (100, 67)),
        (0.5, 3, (200, 400), (298, 200)),
        (0.001, 0, (100, 100), (1, 1)),
    ],
)
def test_a_picture_is_scaled_by_a_side(
    share: float, side: int, canvas: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert Scaling(share, side).size((91, 61), canvas) == expected


def test_a_scaled_picture_larger_than_the_canvas_is_cut(tmp_path: Path) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red(200, 10))
    result = runner.picture(f"watermark/1/image/{_URL}/ws/1/dx/0/dy/0", _WHITE)
    assert ink(result) == (0, 0, 100, 60)


@pytest.mark.parametrize(("size", "is_there"), [((100, 60), True), ((101, 60), False)])
def test_a_picture_larger_than_the_canvas_is_left_out(
    size: tuple[int, int], is_there: bool, tmp_path: Path
) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red(*size))
    result = runner.picture(f"watermark/1/image/{_URL}/dx/0/dy/0", _WHITE)
    assert (ink(result) is not None) == is_there


def test_a_scaling_without_bounds_is_refused(tmp_path: Path) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red(9_000, 1))
    with pytest.raises(OutputTooLargeError, match="watermark"):
        runner.output(f"watermark/1/image/{_URL}/ws/1", _WHITE)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", red()[:40]])
def test_a_watermark_that_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(RemoteFileError):
        Runner(tmp_path, fetch=lambda _: content).output(f"watermark/1/image/{_URL}", _WHITE)


def test_a_watermark_of_too_many_bytes_or_pixels_is_refused(tmp_path: Path) -> None:
    for limits in (
        replace(DEFAULT_LIMITS, remote_bytes=len(red()) - 1),
        replace(DEFAULT_LIMITS, watermark_pixels=199),
    ):
        with pytest.raises(RemoteFileError):
            Runner(tmp_path, fetch=lambda _: red(), limits=limits).output(
                f"watermark/1/image/{_URL}", _WHITE
            )


def test_a_watermark_at_its_limits_is_taken(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, remote_bytes=len(red()), watermark_pixels=200)
    runner = Runner(tmp_path, fetch=lambda _: red(), limits=limits)
    assert ink(runner.picture(f"watermark/1/image/{_URL}", _WHITE)) is not None


def test_a_text_has_its_colour_and_its_place(tmp_path: Path) -> None:
    command = f"watermark/2/text/{b64('Upgate')}/fontsize/400/fill/{b64('#FF0000')}/dx/5/dy/6"
    result = Runner(tmp_path).picture(command, _WHITE)
    box = ink(result)
    assert box is not None
    assert box[2:] == (95, 54)
    assert (255, 0, 0) in [colour for _, colour in result.getcolors(10_000) or ()]


def test_a_text_is_black_and_twelve_pixels_unless_told_otherwise(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    plain = runner.picture(f"watermark/2/text/{b64('Up')}", _WHITE)
    told = runner.picture(
        f"watermark/2/text/{b64('Up')}/fontsize/240/fill/{b64('black')}/gravity/SouthEast", _WHITE
    )
    zero = runner.picture(f"watermark/2/text/{b64('Up')}/fontsize/0", _WHITE)
    assert plain.tobytes() == told.tobytes() == zero.tobytes()


def test_twice_the_twips_are_twice_the_size() -> None:
    small = draw_text("Upgate", None, 20, _BLACK, 10**7)
    large = draw_text("Upgate", None, 40, _BLACK, 10**7)
    assert large.width == pytest.approx(2 * small.width, rel=0.1)


def test_a_text_that_no_font_has_is_refused_with_its_characters(tmp_path: Path) -> None:
    with pytest.raises(BadFopError, match="\U00012000"):
        Runner(tmp_path).output(f"watermark/2/text/{b64('Hi 七牛 \U00012000')}", _WHITE)


@pytest.mark.parametrize(
    "text", ["Hi 七牛", "繁體中文", "ひらがなカタカナ", "한국어", "Привет, Ελλάδα"]
)
def test_texts_of_east_asia_are_drawn(text: str, tmp_path: Path) -> None:
    result = Runner(tmp_path).picture(f"watermark/2/text/{b64(text)}/fontsize/160", _WHITE)
    assert ink(result) is not None


def test_a_name_that_pages_carry_is_the_cjk_font() -> None:
    chinese = draw_text("Upgate", "Noto Sans CJK SC", 40, _BLACK, 10**7)
    for name in ("宋体", "微软雅黑", "黑体", "SimSun", "simhei", "Microsoft YaHei"):
        assert draw_text("Upgate", name, 40, _BLACK, 10**7).tobytes() == chinese.tobytes()
    assert draw_text("Upgate", "Comic Sans", 40, _BLACK, 10**7).tobytes() != chinese.tobytes()


def test_han_characters_have_the_form_of_the_text_that_they_stand_in() -> None:
    han = {
        name: draw_text("骨直", name, 60, _BLACK, 10**7).tobytes()
        for name in ("宋体", "細明體", "メイリオ", None)
    }
    assert han[None] == han["宋体"]
    assert len(set(han.values())) == 3
    kana = draw_text("骨直の", None, 60, _BLACK, 10**7)
    assert kana.tobytes() == draw_text("骨直の", "メイリオ", 60, _BLACK, 10**7).tobytes()
    assert kana.tobytes() == draw_text("骨直の", "宋体", 60, _BLACK, 10**7).tobytes()


def test_a_packed_font_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = draw_text("七牛", None, 40, _BLACK, 10**7)
    (tmp_path / "layer").mkdir()
    (tmp_path / "tmp").mkdir()
    font = Path(shutil.copy(str(noto_cjk_sans_otc.FONT_PATH), tmp_path / "layer"))
    pack(tmp_path / "layer", "*.ttc")
    assert not font.exists()
    monkeypatch.setattr(noto_cjk_sans_otc, "FONT_PATH", font)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert draw_text("七牛", None, 40, _BLACK, 10**7).tobytes() == plain.tobytes()
    unpacked = tmp_path / "tmp" / font.name
    made = unpacked.stat().st_mtime_ns
    draw_text("牛七", None, 41, _BLACK, 10**7)
    assert unpacked.stat().st_mtime_ns == made


def test_an_operators_font_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_fonts, "FONT_DIRECTORY", tmp_path)
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    (tmp_path / "notes.txt").write_text("not a font either")
    shutil.copy(noto_cjk_sans_otc.FONT_PATH, tmp_path / "House.ttc")
    own = draw_text("Upgate", None, 40, _BLACK, 10**7)
    assert own.tobytes() == draw_text("Upgate", "House", 40, _BLACK, 10**7).tobytes()
    monkeypatch.undo()
    assert own.tobytes() != draw_text("Upgate", None, 40, _BLACK, 10**7).tobytes()


@pytest.mark.parametrize(("characters", "is_taken"), [(200, True), (201, False)])
def test_the_characters_of_a_text_are_limited(
    characters: int, is_taken: bool, tmp_path: Path
) -> None:
    command = f"watermark/2/text/{b64('i' * characters)}"
    if is_taken:
        Runner(tmp_path).output(command, _WHITE)
        return
    with pytest.raises(BadFopError, match="200 characters"):
        Runner(tmp_path).output(command, _WHITE)


def test_the_pixels_of_a_text_are_limited() -> None:
    size = draw_text("Upgate", None, 40, _BLACK, 10**7).size
    draw_text("Upgate", None, 40, _BLACK, size[0] * size[1])
    with pytest.raises(OutputTooLargeError):
        draw_text("Upgate", None, 40, _BLACK, size[0] * size[1] - 1)


def test_several_watermarks_are_laid_in_their_order(tmp_path: Path) -> None:
    pictures = iter([red(), encoded(Image.new("RGB", (20, 10), (0, 0, 255)))])
    command = (
        f"watermark/3/image/{_URL}/gravity/North/dx/0/dy/0/text/{b64('Hi')}/gravity/SouthWest"
        f"/image/{_URL}/gravity/North/dx/0/dy/5"
    )
    result = Runner(tmp_path, fetch=lambda _: next(pictures)).picture(command, _WHITE)
    assert result.getpixel((50, 2)) == (255, 0, 0)
    assert result.getpixel((50, 8)) == (0, 0, 255)
    assert ink(result.crop((0, 30, 40, 60))) is not None


@pytest.mark.parametrize(("count", "is_taken"), [(10, True), (11, False)])
def test_watermarks_are_counted(count: int, is_taken: bool, tmp_path: Path) -> None:
    command = "watermark/3" + f"/text/{b64('Hi')}" * count
    if is_taken:
        Runner(tmp_path).output(command, _WHITE)
        return
    with pytest.raises(BadFopError, match="10 watermarks"):
        Runner(tmp_path).output(command, _WHITE)


def test_every_frame_of_an_animation_is_marked(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (60, 40), (0, 0, value)) for value in (100, 180, 250)]
    source = encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=50)
    runner = Runner(tmp_path, fetch=lambda _: red())
    result = frames(runner.picture(f"watermark/1/image/{_URL}/dx/0/dy/0", source))
    assert [frame.getpixel((50, 35)) for frame in result] == [(255, 0, 0, 255)] * 3
    assert [frame.getpixel((5, 5)) for frame in result] == [
        (0, 0, value, 255) for value in (100, 180, 250)
    ]


def test_a_watermark_is_upright_on_a_turned_photograph(tmp_path: Path) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red())
    result = runner.picture(f"watermark/1/image/{_URL}", PICTURES / "orientation-6.jpg")
    assert result.size == (120, 80)
    assert result.getexif()[0x0112] == 1


def test_transparency_beneath_is_kept(tmp_path: Path) -> None:
    clear = encoded(Image.new("RGBA", (100, 60), (0, 0, 0, 0)))
    result = Runner(tmp_path, fetch=lambda _: red()).picture(f"watermark/1/image/{_URL}", clear)
    assert result.getpixel((5, 5)) == (0, 0, 0, 0)
    assert result.getpixel((80, 45)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (f"watermark/1/image/{_URL}", "watermark/1"),
        (f"watermark/1/image/{_URL}", f"watermark/4/image/{_URL}"),
        (f"watermark/1/image/{_URL}", "watermark/1/image/http:"),
        (f"watermark/1/image/{_URL}", f"watermark/1/image/{b64('file:///etc/passwd')}"),
        (f"watermark/1/image/{_URL}/dissolve/100", f"watermark/1/image/{_URL}/dissolve/101"),
        (f"watermark/1/image/{_URL}/dissolve/1", f"watermark/1/image/{_URL}/dissolve/0"),
        (f"watermark/1/image/{_URL}/ws/1", f"watermark/1/image/{_URL}/ws/1.1"),
        (f"watermark/1/image/{_URL}/ws/0.5/wst/3", f"watermark/1/image/{_URL}/ws/0.5/wst/4"),
        (f"watermark/1/image/{_URL}/dx/9999", f"watermark/1/image/{_URL}/dx/10000"),
        (f"watermark/1/image/{_URL}/dy/-9999", f"watermark/1/image/{_URL}/dy/-10000"),
        (f"watermark/1/image/{_URL}/gravity/East", f"watermark/1/image/{_URL}/gravity/Right"),
        (f"watermark/1/image/{_URL}", f"watermark/1/image/{_URL}/fontsize/100"),
        (f"watermark/1/image/{_URL}/format/png", f"watermark/1/image/{_URL}/format/heic"),
        (f"watermark/2/text/{b64('Hi')}", "watermark/2"),
        (f"watermark/2/text/{b64('Hi')}", "watermark/2/text/Hi!"),
        (f"watermark/2/text/{b64('Hi')}", f"watermark/2/text/{b64('   ')}"),
        (
            f"watermark/2/text/{b64('Hi')}/fill/{b64('Red')}",
            f"watermark/2/text/{b64('Hi')}/fill/Red",
        ),
        (
            f"watermark/2/text/{b64('Hi')}/fontsize/9999",
            f"watermark/2/text/{b64('Hi')}/fontsize/10000",
        ),
        (f"watermark/3/text/{b64('Hi')}", "watermark/3"),
        (f"watermark/3/text/{b64('Hi')}/dx/1", f"watermark/3/dx/1/text/{b64('Hi')}"),
    ],
)
def test_a_good_command_is_taken_and_its_neighbour_refused(
    good: str, bad: str, tmp_path: Path
) -> None:
    runner = Runner(tmp_path, fetch=lambda _: red())
    runner.output(good, _WHITE)
    with pytest.raises(BadFopError):
        runner.output(bad, _WHITE)


def test_a_bad_command_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(BadFopError):
        Runner(tmp_path).output(f"watermark/3/image/{_URL}/text/Hi!", _WHITE)
