from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from upgate import limits
from upgate.images.image_average import average_colour

_PICTURES = Path(__file__).parent.parent / "vectors" / "images"


def average(picture: Image.Image, image_format: str = "PNG") -> str | None:
    stream = io.BytesIO()
    picture.save(stream, image_format)
    return average_colour(stream)


@pytest.mark.parametrize("image_format", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_colour_is_its_own_average(image_format: str) -> None:
    assert average(Image.new("RGB", (30, 20), (0x85, 0x69, 0x4D)), image_format) == "0x85694d"


def test_two_halves_give_the_colour_between() -> None:
    picture = Image.new("RGB", (20, 600), (255, 0, 0))
    picture.paste((0, 0, 255), (0, 300, 20, 600))
    assert average(picture) == "0x800080"


def test_a_transparent_pixel_does_not_count() -> None:
    picture = Image.new("RGBA", (20, 20), (255, 255, 255, 0))
    picture.paste((16, 32, 48, 255), (0, 0, 1, 1))
    assert average(picture) == "0x102030"


def test_a_picture_without_an_opaque_pixel_is_black() -> None:
    assert average(Image.new("RGBA", (2, 2), (255, 255, 255, 0))) == "0x000000"


@pytest.mark.parametrize(
    "name",
    [
        "ycbcr.jpg",
        "progressive.jpg",
        "rgb.jpg",
        "cmyk.jpg",
        "rgba.png",
        "palette16.png",
        "three-frames.gif",
        "lossy.webp",
        "animated.webp",
        "rgba.bmp",
        "cmyk.tiff",
        "exif.avif",
        "exif.heic",
    ],
)
def test_the_same_picture_in_each_format_has_nearly_one_average(name: str) -> None:
    found = average_colour(io.BytesIO((_PICTURES / name).read_bytes()))
    assert found is not None
    for value, expected in zip(bytes.fromhex(found[2:]), (0x8A, 0x4E, 0x8A), strict=True):
        assert abs(value - expected) <= 2


def test_a_jpeg_beyond_what_is_decoded_is_averaged_from_its_draft(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "IMAGE_DECODE_PIXELS", 200 * 200)
    assert average(Image.new("RGB", (800, 800), (9, 9, 9)), "JPEG") == "0x090909"


def test_a_progressive_jpeg_beyond_what_is_decoded_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "IMAGE_DECODE_PIXELS", 200 * 200)
    stream = io.BytesIO()
    Image.new("RGB", (800, 800)).save(stream, "JPEG", progressive=True)
    assert average_colour(stream) is None


def test_a_png_at_the_limit_of_what_is_decoded_is_averaged_and_one_above_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "IMAGE_DECODE_PIXELS", 100)
    assert average(Image.new("RGB", (10, 10))) == "0x000000"
    assert average(Image.new("RGB", (10, 11))) is None


@pytest.mark.parametrize("data", [b"", b"hello", bytes(500)])
def test_what_is_no_picture_has_none(data: bytes) -> None:
    assert average_colour(io.BytesIO(data)) is None


def test_a_truncated_picture_has_none() -> None:
    data = (_PICTURES / "ycbcr.jpg").read_bytes()
    assert average_colour(io.BytesIO(data[:-300])) is None


def test_damaged_pixels_never_raise() -> None:
    chance = random.Random(3)  # noqa: S311 - reproducible damage, not a secret
    pictures = [
        path.read_bytes()
        for path in sorted(_PICTURES.iterdir())
        if path.suffix != ".py" and path.is_file()
    ]
    for _ in range(500):
        data = bytearray(chance.choice(pictures))
        for _ in range(8):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 127, 255))
        average_colour(io.BytesIO(bytes(data)))
