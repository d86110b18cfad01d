"""What holds for every image command: limits, hostile input, animations, colours."""

from __future__ import annotations

import contextlib
import random
import struct
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from tests.unit.media_image_runs import PICTURES, VECTORS, Runner, b64, encoded, frames
from upgate.errors import (
    BadFopError,
    FopError,
    OutputTooLargeError,
    SourceTooLargeError,
    TooSlowError,
    UnprocessableSourceError,
)
from upgate_media.image_palette import to_palette
from upgate_media.media_limits import DEFAULT_LIMITS

_FIT = "imageView2/2/w/10"


def animation(count: int, name: str = "GIF", size: tuple[int, int] = (20, 10)) -> bytes:
    """Frames of different colours, frame n shown for (n + 1) * 20 ms."""
    pictures = [Image.new("RGB", size, (n * 50 % 256, n * 90 % 256, 0)) for n in range(count)]
    durations = [(n + 1) * 20 for n in range(count)]
    return encoded(
        pictures[0],
        name,
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        **({"lossless": True} if name == "WEBP" else {}),
    )


def png_bomb(width: int, height: int) -> bytes:
    """A PNG that announces its size and has a few bytes of pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("image_side_pixels", 30),
        ("image_pixels", 600),
        ("image_decode_pixels", 600),
        ("image_output_side_pixels", 30),
        ("image_output_pixels", 600),
        ("image_avif_pixels", 600),
    ],
)
def test_a_picture_at_a_limit_is_taken_and_one_beyond_refused(
    limit: str, value: int, tmp_path: Path
) -> None:
    source = encoded(Image.new("RGB", (30, 20)))
    command = "imageMogr2/format/avif"
    Runner(tmp_path, limits=replace(DEFAULT_LIMITS, **{limit: value})).output(command, source)
    with pytest.raises((SourceTooLargeError, OutputTooLargeError)):
        Runner(tmp_path, limits=replace(DEFAULT_LIMITS, **{limit: value - 1})).output(
            command, source
        )


def test_a_file_at_the_limit_is_taken_and_one_byte_more_refused(tmp_path: Path) -> None:
    source = encoded(Image.new("RGB", (30, 20)))
    limits = replace(DEFAULT_LIMITS, image_source_bytes=len(source))
    Runner(tmp_path, limits=limits).output(_FIT, source)
    with pytest.raises(SourceTooLargeError):
        Runner(tmp_path, limits=limits).output(_FIT, source + b"\0")


def test_the_limits_are_kodos() -> None:
    limits = DEFAULT_LIMITS
    assert limits.image_source_bytes == 20 * 1024 * 1024
    assert (limits.image_side_pixels, limits.image_pixels) == (30_000, 150_000_000)
    assert (limits.image_output_side_pixels, limits.image_output_pixels) == (9_999, 25_000_000)
    assert limits.image_frames == 200


@pytest.mark.parametrize(
    ("size", "error"),
    [
        ((30_001, 1), SourceTooLargeError),
        ((12_248, 12_248), SourceTooLargeError),
        ((12_000, 12_000), SourceTooLargeError),  # 144 MP: admitted, but not to be decoded
        ((7_000, 7_000), UnprocessableSourceError),  # admitted, and there are no pixels
    ],
)
def test_a_bomb_is_refused_by_its_header(
    size: tuple[int, int], error: type[FopError], tmp_path: Path
) -> None:
    started = time.perf_counter()
    with pytest.raises(error):
        Runner(tmp_path).output(_FIT, png_bomb(*size))
    assert time.perf_counter() - started < 1


def test_a_large_result_is_refused_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    with pytest.raises(OutputTooLargeError, match="pixels"):
        Runner(tmp_path).output("imageMogr2/thumbnail/9999x9999!", PICTURES / "scene.png")


def test_what_is_blown_up_on_the_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputTooLargeError, match="on the way"):
        Runner(tmp_path).output(
            "imageMogr2/thumbnail/9999x9999!/crop/10x10", PICTURES / "scene.png"
        )


def test_a_jpeg_that_is_shrunk_needs_few_pixels(tmp_path: Path) -> None:
    large = encoded(Image.new("RGB", (4000, 3000)), "JPEG")
    limits = replace(DEFAULT_LIMITS, image_decode_pixels=500 * 375)
    assert Runner(tmp_path, limits=limits).picture("imageView2/2/w/400", large).size == (400, 300)
    with pytest.raises(SourceTooLargeError):
        Runner(tmp_path, limits=limits).output("imageMogr2/crop/400x300", large)


def test_a_turned_jpeg_that_is_shrunk_needs_as_few(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    large = encoded(Image.new("RGB", (4000, 3000)), "JPEG", exif=exif)
    limits = replace(DEFAULT_LIMITS, image_decode_pixels=500 * 375)
    assert Runner(tmp_path, limits=limits).picture("imageView2/2/h/400", large).size == (300, 400)


def test_a_jpeg_is_not_decoded_smaller_than_its_result(tmp_path: Path) -> None:
    lines = Image.new("L", (1600, 1600))
    for left in range(0, 1600, 4):
        lines.paste(255, (left, 0, left + 2, 1600))
    source = encoded(lines, "JPEG", quality=95)
    result = Runner(tmp_path).picture("imageView2/2/w/1500/format/png", source)
    assert result.getextrema() == (0, 255)


def test_a_jpeg_of_many_scans_is_refused(tmp_path: Path) -> None:
    progressive = encoded(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    runner = Runner(tmp_path, limits=replace(DEFAULT_LIMITS, image_scans=20))
    runner.output(_FIT, progressive)
    start = progressive.rindex(b"\xff\xda")
    scan = progressive[start : progressive.rindex(b"\xff\xd9")]
    with pytest.raises(SourceTooLargeError, match="scans"):
        runner.output(_FIT, progressive[:start] + scan * 20 + b"\xff\xd9")


def test_work_that_would_not_end_is_refused_with_its_estimate(tmp_path: Path) -> None:
    with pytest.raises(TooSlowError) as caught:
        Runner(tmp_path, seconds_left=0.0001).output(_FIT, PICTURES / "scene.png")
    assert caught.value.estimate_seconds > 0.0001


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"this is a text",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnprocessableSourceError):
        Runner(tmp_path).output(_FIT, content)


@pytest.mark.parametrize(
    "file", ["ycbcr.jpg", "rgba.png", "still.gif", "lossy.webp", "rgba.bmp", "gray.tiff"]
)
def test_damage_is_a_typed_refusal_or_a_picture(file: str, tmp_path: Path) -> None:
    """Cut anywhere, and bytes thrown about: never another exception, never a file left behind."""
    whole = (VECTORS / "images" / file).read_bytes()
    chance = random.Random(file)  # noqa: S311 - damage, not a secret
    runner = Runner(tmp_path)
    for _ in range(60):
        damaged = bytearray(whole[: chance.randrange(1, len(whole) + 1)])
        for _ in range(chance.randrange(8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with contextlib.suppress(FopError):
            runner.output(_FIT, bytes(damaged)).path.unlink()
        assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_ignore_error_gives_the_source_back(tmp_path: Path) -> None:
    output = Runner(tmp_path).output("imageView2/2/w/10/ignore-error/1", b"this is a text")
    assert output.path.read_bytes() == b"this is a text"
    assert output.mime_type == "application/x-source"


def test_ignore_error_does_not_excuse_a_bad_command(tmp_path: Path) -> None:
    with pytest.raises(BadFopError):
        Runner(tmp_path).output("imageView2/2/w/0/ignore-error/1", PICTURES / "scene.png")


def test_the_source_is_not_touched(tmp_path: Path) -> None:
    before = (PICTURES / "scene.png").read_bytes()
    output = Runner(tmp_path).output("imageMogr2/rotate/90", PICTURES / "scene.png")
    assert output.path.parent == tmp_path
    assert (PICTURES / "scene.png").read_bytes() == before


@pytest.mark.parametrize("steps", [16, 17])
def test_operations_are_counted(steps: int, tmp_path: Path) -> None:
    command = "imageMogr2" + "/sharpen/1" * steps
    if steps == 16:
        Runner(tmp_path).output(command, PICTURES / "scene.png")
        return
    with pytest.raises(BadFopError, match="16 operations"):
        Runner(tmp_path).output(command, PICTURES / "scene.png")


# Animations.


@pytest.mark.parametrize("source", ["GIF", "WEBP"])
@pytest.mark.parametrize("result", ["gif", "webp"])
def test_an_animation_is_kept(source: str, result: str, tmp_path: Path) -> None:
    picture = Runner(tmp_path).picture(f"{_FIT}/format/{result}", animation(5, source))
    assert [frame.size for frame in frames(picture)] == [(10, 5)] * 5
    assert picture.info["loop"] == 0
    durations = []
    for number in range(5):
        picture.seek(number)
        picture.load()
        durations.append(picture.info["duration"])
    assert durations == [20, 40, 60, 80, 100]


@pytest.mark.parametrize("result", ["jpg", "png", "bmp", "avif"])
def test_a_still_format_takes_the_first_frame(result: str, tmp_path: Path) -> None:
    picture = Runner(tmp_path).picture(f"{_FIT}/format/{result}", animation(5))
    assert getattr(picture, "n_frames", 1) == 1


def test_as_many_frames_as_the_limit_are_taken_and_one_more_refused(tmp_path: Path) -> None:
    runner = Runner(tmp_path, limits=replace(DEFAULT_LIMITS, image_frames=6))
    assert len(frames(runner.picture(_FIT, animation(6)))) == 6
    with pytest.raises(SourceTooLargeError, match="7 frames"):
        runner.output(_FIT, animation(7))


@pytest.mark.parametrize("result", ["jpg", "png", "avif"])
def test_one_frame_of_any_number_is_had(result: str, tmp_path: Path) -> None:
    runner = Runner(tmp_path, limits=replace(DEFAULT_LIMITS, image_frames=6))
    assert runner.picture(f"{_FIT}/format/{result}", animation(7)).size == (10, 5)


@pytest.mark.parametrize("name", ["animated.png", "animated.avif"])
def test_animation_of_png_and_avif_is_kept_in_its_own_format(name: str, tmp_path: Path) -> None:
    picture = Runner(tmp_path).picture("imageMogr2/thumbnail/15x", VECTORS / "images" / name)
    assert [frame.size for frame in frames(picture)] == [(15, 10)] * 3
    durations = []
    for number in range(3):
        picture.seek(number)
        picture.load()
        durations.append(picture.info["duration"])
    assert durations == [50, 100, 150]


@pytest.mark.parametrize("result", ["gif", "webp"])
@pytest.mark.parametrize("name", ["animated.png", "animated.avif"])
def test_animation_of_png_and_avif_is_kept_as_gif_and_webp(
    name: str, result: str, tmp_path: Path
) -> None:
    command = f"imageMogr2/format/{result}"
    found = frames(Runner(tmp_path).picture(command, VECTORS / "images" / name))
    assert len(found) == 3
    assert found[0].tobytes() != found[1].tobytes()


def test_picture_beside_the_animation_of_a_png_is_not_one_of_its_frames(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    source = encoded(
        pictures[0], save_all=True, append_images=pictures[1:], default_image=True, duration=50
    )
    found = frames(Runner(tmp_path).picture("imageMogr2/format/gif", source))
    assert [frame.getpixel((5, 5)) for frame in found] == [(0, 255, 0, 255), (0, 0, 255, 255)]


def test_transparent_frames_of_a_png_stay_apart(tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (20, 10), (0, 0, 0, 0)) for _ in range(3)]
    for number, picture in enumerate(pictures):
        picture.paste((255, 0, 0, 255), (number * 5, 0, number * 5 + 5, 10))
    source = encoded(pictures[0], save_all=True, append_images=pictures[1:], duration=50)
    found = frames(Runner(tmp_path).picture("imageMogr2/strip", source))
    for number, frame in enumerate(found):
        opacity = [frame.getpixel((x, 5))[3] for x in (2, 7, 12)]  # type: ignore[index]
        assert opacity == [255 if number == place else 0 for place in range(3)]


def test_the_pixels_of_all_frames_are_limited(tmp_path: Path) -> None:
    limit = 5 * 20 * 10
    runner = Runner(tmp_path, limits=replace(DEFAULT_LIMITS, image_animation_pixels=limit))
    runner.output(_FIT, animation(5))
    with pytest.raises(SourceTooLargeError, match="6 frames"):
        runner.output(_FIT, animation(6))


def test_a_transparent_animation_shows_nothing_of_the_frame_before(tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (40, 20), (0, 0, 0, 0)) for _ in range(3)]
    for number, picture in enumerate(pictures):
        picture.paste((255, 255, 255, 255), (number * 10, 0, number * 10 + 10, 20))
    source = encoded(
        pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=50, disposal=2
    )
    result = frames(Runner(tmp_path).picture("imageView2/2/w/20", source))
    for number, frame in enumerate(result):
        opacity = [frame.getpixel((x, 5))[3] for x in (2, 7, 12)]  # type: ignore[index]
        assert opacity == [255 if number == place else 0 for place in range(3)]


def test_an_opaque_pixel_of_the_transparent_entrys_colour_is_moved() -> None:
    picture = Image.new("RGBA", (4, 4), (0, 255, 1, 255))
    picture.putpixel((0, 0), (0, 0, 0, 0))
    frame = to_palette(picture, 256)
    assert frame.getpixel((3, 3)) != frame.info["transparency"]
    assert frame.convert("RGB").getpixel((3, 3)) == (0, 254, 1)


# HEIC and AVIF: the file turns its picture.


@pytest.mark.parametrize("name", ["exif.heic", "exif.avif"])
@pytest.mark.parametrize(
    "command", ["imageMogr2/auto-orient/thumbnail/10x", "imageMogr2/thumbnail/10x"]
)
def test_picture_that_its_file_turns_is_turned_once(
    name: str, command: str, tmp_path: Path
) -> None:
    """Both have 30x20 pixels, `irot`, and EXIF that says the same."""
    result = Runner(tmp_path).picture(f"{command}/format/jpg", VECTORS / "images" / name)
    assert result.size == (10, 15)
    assert result.getexif()[0x0112] == 1
    assert result.getexif()[0x010F] == "Upgate"


def test_heic_becomes_a_jpeg_unless_another_format_is_asked_for(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    source = VECTORS / "images" / "exif.heic"
    assert runner.picture("imageView2/2/w/10", source).format == "JPEG"
    assert runner.picture("imageView2/2/w/10/format/webp", source).format == "WEBP"


def test_tiles_of_a_heic_are_one_picture(tmp_path: Path) -> None:
    result = Runner(tmp_path).picture("imageView2/2/w/40", VECTORS / "images" / "grid.heic")
    assert result.size == (40, 60)


def test_heic_is_a_watermark(tmp_path: Path) -> None:
    data = (VECTORS / "images" / "alpha.heic").read_bytes()
    command = f"watermark/1/image/{b64('http://h.example/mark.heic')}/gravity/Center"
    white = encoded(Image.new("RGB", (60, 40), "white"))
    result = Runner(tmp_path, fetch=lambda _: data).picture(command, white)
    assert result.getpixel((30, 20)) != result.getpixel((2, 2)) == (255, 255, 255)


# Refusals.


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "the JPEG is broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "the PNG is broken"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "the WebP is broken"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", r"image/svg\+xml is not decoded here"),
        (b"8BPS\0\1" + bytes(30), "image/vnd.adobe.photoshop is not decoded here"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(30), "image/jxl is not decoded here"),
        (b"%PDF-1.7\n", "not a picture but application/pdf"),
        (b"just a text", "not a picture but text/plain"),
        ((VECTORS / "images" / "exif.heic").read_bytes()[:-20], "the HEIC is broken"),
        ((VECTORS / "images" / "lossy.webp").read_bytes()[:-20], "the WebP is broken"),
        ((VECTORS / "images" / "exif.avif").read_bytes()[:-20], "the AVIF is broken"),
    ],
)
def test_refusal_names_the_format_and_the_reason(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UnprocessableSourceError, match=reason):
        Runner(tmp_path).output(_FIT, content)


# Colours.


def wide_gamut() -> bytes:
    """An ICC profile (ICC.1:2001-04, 6) with the primaries of Adobe RGB (1998) and gamma 2.2."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags = {
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma),
    }
    table, body = b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", 0, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + xyz(0.9642, 1.0, 0.8249)[8:]
    content = head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(content)) + content[4:]


def test_a_profile_is_turned_into_srgb_and_left_out(tmp_path: Path) -> None:
    source = encoded(Image.new("RGB", (20, 20), (100, 200, 100)), icc_profile=wide_gamut())
    result = Runner(tmp_path).picture(f"{_FIT}/format/png", source)
    red, green, blue = result.getpixel((5, 5))  # type: ignore[misc]
    assert "icc_profile" not in result.info
    assert red < 90
    assert abs(green - 200) < 15
    assert blue < 105


def test_srgb_itself_is_not_changed(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = encoded(Image.new("RGB", (20, 20), (100, 200, 100)), icc_profile=profile)
    result = Runner(tmp_path).picture(f"{_FIT}/format/png", source)
    assert result.getpixel((5, 5)) == (100, 200, 100)


@pytest.mark.parametrize("profile", [b"\0" * 500, b"no profile at all", bytes(range(256)) * 4])
def test_a_broken_profile_is_passed_over(profile: bytes, tmp_path: Path) -> None:
    source = encoded(Image.new("RGB", (20, 20), (100, 200, 100)), icc_profile=profile)
    assert Runner(tmp_path).picture(_FIT, source).getpixel((5, 5)) == (100, 200, 100)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.new("I;16", (20, 20), 0x8000), 128),
        (Image.new("1", (20, 20), 1), 255),
        (Image.new("L", (20, 20), 77), 77),
    ],
)
def test_greys_of_any_depth_become_eight_bits(
    picture: Image.Image, expected: int, tmp_path: Path
) -> None:
    result = Runner(tmp_path).picture(_FIT, encoded(picture))
    assert result.mode == "L"
    assert abs(result.getpixel((5, 5)) - expected) <= 1  # type: ignore[operator]


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    cyan = encoded(Image.new("CMYK", (20, 20), (255, 0, 0, 0)), "JPEG", quality=95)
    result = Runner(tmp_path).picture(f"{_FIT}/format/png", cyan)
    assert result.getpixel((5, 5)) == (0, 255, 255)


def test_a_palette_with_transparency_keeps_it(tmp_path: Path) -> None:
    source = (VECTORS / "images" / "transparent-colour.png").read_bytes()
    assert Runner(tmp_path).picture(_FIT, source).mode == "RGBA"


def test_nothing_of_the_source_but_its_pixels_goes_along(tmp_path: Path) -> None:
    source = encoded(Image.new("RGB", (20, 20)), "JPEG", comment=b"secret", dpi=(300, 300))
    output = Runner(tmp_path).output("imageMogr2/strip", source)
    assert b"secret" not in output.path.read_bytes()


def still(side: int) -> bytes:
    """The image block of a GIF: descriptor and pixels."""
    data = encoded(Image.new("P", (side, side)), "GIF")
    return data[data.index(b",\0\0\0\0") : -1]


def grown(side: int) -> bytes:
    """An animation of 20x10 pixels, whose third and last frame has `side` by `side`."""
    return animation(2)[:-1] + still(side) + b";"


@pytest.mark.parametrize("announced", [101, 40_000])
def test_frame_larger_than_its_screen_is_held_against_what_may_be_decoded(
    tmp_path: Path, announced: int
) -> None:
    limits = replace(DEFAULT_LIMITS, image_decode_pixels=10_000)
    size = struct.pack("<HH", announced, announced)
    data = grown(101).replace(struct.pack("<HH", 101, 101), size)
    with pytest.raises(SourceTooLargeError, match="larger than its screen"):
        Runner(tmp_path, limits=limits).output("imageMogr2/thumbnail/10x", data)


@pytest.mark.parametrize(("side", "fits"), [(40, True), (41, False)])
def test_frames_of_a_screen_that_grows_count_together(
    tmp_path: Path, side: int, fits: bool
) -> None:
    limits = replace(DEFAULT_LIMITS, image_animation_pixels=3 * 40 * 40)
    runner = Runner(tmp_path, limits=limits)
    with contextlib.nullcontext() if fits else pytest.raises(SourceTooLargeError):
        runner.output("imageMogr2/thumbnail/10x", grown(side))


def test_frame_that_grows_within_the_limits_is_shown_as_far_as_its_screen_goes(
    tmp_path: Path,
) -> None:
    result = Runner(tmp_path).picture("imageMogr2/rotate/90", grown(25))
    assert result.size == (10, 20)
    assert [frame.size for frame in frames(result)] == [(10, 20)] * 3
