"""HEIC and AVIF: what their files do to the picture is done, and told of; tests/vectors/images."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from tests.heif_boxes import Item, box, clap, coded_picture, file, full_box, imir, irot
from tests.vectors.exif.blocks import exif_block
from upgate import limits
from upgate.images.exif import read_exif
from upgate.images.image_average import average_colour
from upgate.images.image_headers.reading import read_header
from upgate.images.image_info import ImageInfo, read_image_info
from upgate.images.picture import NoDecoderError
from upgate.images.pictures import open_admitted, with_pixels

PICTURES = Path(__file__).parents[1] / "vectors" / "images"
WIDTH, HEIGHT = 64, 48
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 40), (30, 60, 220), (240, 220, 60)


def quarters() -> Image.Image:
    picture = Image.new("RGB", (WIDTH, HEIGHT), RED)
    picture.paste(GREEN, (WIDTH // 2, 0, WIDTH, HEIGHT // 2))
    picture.paste(BLUE, (0, HEIGHT // 2, WIDTH // 2, HEIGHT))
    picture.paste(YELLOW, (WIDTH // 2, HEIGHT // 2, WIDTH, HEIGHT))
    return picture


def avif(*transforms: bytes) -> bytes:
    stream = io.BytesIO()
    quarters().save(stream, "AVIF", quality=90)
    coded = coded_picture(stream.getvalue())
    return file([Item(coded.kind, coded.data, [*coded.properties, *transforms])], 1, b"avif")


def heic(*transforms: bytes) -> bytes:
    coded = coded_picture((PICTURES / "alpha.heic").read_bytes())
    return file([Item(coded.kind, coded.data, [*coded.properties, *transforms])], 1)


def info(data: bytes) -> ImageInfo:
    found = read_image_info(io.BytesIO(data), len(data))
    assert found is not None
    return found


def shown(data: bytes) -> Image.Image:
    found = with_pixels(io.BytesIO(data), lambda pixels: pixels.whole().convert("RGB"))
    assert found is not None
    return found


def corners(picture: Image.Image) -> list[str]:
    """The colours of the corners, in reading order."""
    width, height = picture.size
    names = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}
    found = []
    for place in ((4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5)):
        pixel = picture.getpixel(place)
        assert isinstance(pixel, tuple)
        distance = {
            name: sum(abs(a - b) for a, b in zip(pixel, colour, strict=True))
            for name, colour in names.items()
        }
        found.append(min(distance, key=lambda name: distance[name]))
    return found


@pytest.mark.parametrize(
    ("transforms", "expected"),
    [
        ([], "red green blue yellow"),
        ([irot(0)], "red green blue yellow"),
        ([irot(1)], "green yellow red blue"),
        ([irot(2)], "yellow blue green red"),
        ([irot(3)], "blue red yellow green"),
        ([imir(0)], "blue yellow red green"),
        ([imir(1)], "green red yellow blue"),
        ([irot(1), imir(0)], "red blue green yellow"),
        ([irot(3), imir(0)], "yellow green blue red"),
        ([imir(1), irot(1)], "red blue green yellow"),
    ],
)
def test_avif_is_turned_and_mirrored_in_the_order_of_its_file(
    transforms: list[bytes], expected: str
) -> None:
    picture = shown(avif(*transforms))
    assert corners(picture) == expected.split()
    found = info(avif(*transforms))
    assert (found["width"], found["height"]) == picture.size


@pytest.mark.parametrize(
    ("transforms", "size", "expected"),
    [
        ([clap(40, 20, (0, 1), (0, 1))], (40, 20), "red green blue yellow"),
        ([clap(20, 20, (-16, 1), (-12, 1))], (20, 20), "red red red red"),
        ([clap(20, 20, (16, 1), (12, 1))], (20, 20), "yellow yellow yellow yellow"),
        ([clap(20, 40, (-33, 2), (0, 1)), irot(1)], (40, 20), "red blue red blue"),
        ([irot(1), clap(20, 40, (-13, 1), (0, 1))], (20, 40), "green green red red"),
    ],
)
def test_avif_is_cut_to_its_clean_aperture(
    transforms: list[bytes], size: tuple[int, int], expected: str
) -> None:
    picture = shown(avif(*transforms))
    assert picture.size == size
    assert corners(picture) == expected.split()
    found = info(avif(*transforms))
    assert (found["width"], found["height"]) == size


@pytest.mark.parametrize(
    "transforms",
    [
        [],
        *([irot(quarters)] for quarters in range(4)),
        [imir(0)],
        [imir(1)],
        [irot(1), imir(1)],
        [clap(20, 10, (-3, 2), (5, 2))],
        [clap(21, 11, (1, 1), (-1, 1)), irot(3), imir(0)],
    ],
)
def test_size_of_a_heic_is_that_which_is_decoded(transforms: list[bytes]) -> None:
    found = info(heic(*transforms))
    assert (found["width"], found["height"]) == shown(heic(*transforms)).size


@pytest.mark.parametrize("aperture", [(0, 1), (1, 0), (0x80000000, 1)])
def test_aperture_without_pixels_is_a_broken_picture(aperture: tuple[int, int]) -> None:
    broken = box(b"clap", struct.pack(">II", *aperture), struct.pack(">6I", 9, 1, 0, 1, 0, 1))
    assert read_image_info(io.BytesIO(avif(broken)), 1) is None


def test_grid_of_tiles_is_put_together_and_turned() -> None:
    picture = shown((PICTURES / "grid.heic").read_bytes())
    assert picture.size == (80, 120)
    found = info((PICTURES / "grid.heic").read_bytes())
    assert (found["format"], found["width"], found["height"]) == ("heic", 80, 120)


@pytest.mark.parametrize("name", ["ten-bit.heic", "gray.heic", "alpha.heic"])
def test_every_kind_of_heic_is_decoded(name: str) -> None:
    found = average_colour(io.BytesIO((PICTURES / name).read_bytes()))
    assert found is not None
    if name == "ten-bit.heic":
        for value, expected in zip(bytes.fromhex(found[2:]), (0x8A, 0x4E, 0x8A), strict=True):
            assert abs(value - expected) <= 3


def test_transparency_of_a_heic_is_kept() -> None:
    data = (PICTURES / "alpha.heic").read_bytes()
    picture = with_pixels(io.BytesIO(data), lambda pixels: pixels.whole())
    assert picture is not None
    assert picture.mode == "RGBA"
    assert picture.getchannel("A").getextrema()[0] < 50  # type: ignore[operator]


def test_heic_without_all_of_its_bytes_is_none() -> None:
    data = (PICTURES / "exif.heic").read_bytes()
    assert average_colour(io.BytesIO(data[:-20])) is None


def with_exif(size: int, *, in_idat: bool) -> bytes:
    exif = exif_block("<", image=[(0x0112, 3, [6]), (0x010F, 2, b"Upgate\0")])
    coded = coded_picture((PICTURES / "exif.heic").read_bytes())
    block = bytes(4) + exif
    tags = Item(b"Exif", block + bytes(size - len(block)))
    return file([coded, tags], 1, in_idat=in_idat)


def maker(data: bytes) -> str | None:
    tags = read_exif(io.BytesIO(data))
    return tags["Make"]["val"] if tags and "Make" in tags else None


@pytest.mark.parametrize("in_idat", [False, True])
@pytest.mark.parametrize("size", [1_000, 70_000, 192 * 1024])
def test_exif_of_any_size_is_read(size: int, in_idat: bool) -> None:
    data = with_exif(size, in_idat=in_idat)
    assert maker(data) == "Upgate"
    assert info(data)["orientation"] == "Right-top"


def test_exif_is_read_up_to_its_limit() -> None:
    assert maker(with_exif(limits.EXIF_BYTES, in_idat=False)) == "Upgate"
    assert maker(with_exif(limits.EXIF_BYTES + 1, in_idat=False)) is None


@pytest.mark.parametrize(("codec", "name"), [(b"j2k1", "HEIF with j2k1"), (b"jpeg", "jpeg")])
def test_codec_without_decoder_is_named(codec: bytes, name: str) -> None:
    ispe = full_box(b"ispe", 0, 0, struct.pack(">II", 9, 9))
    data = io.BytesIO(file([Item(codec, bytes(9), [ispe])], 1, b"mif1"))
    header = read_header(data)
    assert header is not None
    with pytest.raises(NoDecoderError, match=name):
        open_admitted(data, header)


def test_sequence_without_a_picture_is_described_and_has_no_decoder() -> None:
    tkhd = full_box(b"tkhd", 0, 3, bytes(72), struct.pack(">II", 320 << 16, 240 << 16))
    data = box(b"ftyp", b"hevc", bytes(4), b"msf1") + box(b"mdat", bytes(20))
    data += box(b"moov", full_box(b"mvhd", 0, 0, bytes(96)), box(b"trak", tkhd))
    found = info(data)
    assert (found["format"], found["width"], found["height"]) == ("heic", 320, 240)
    header = read_header(io.BytesIO(data))
    assert header is not None
    with pytest.raises(NoDecoderError, match="sequence"):
        open_admitted(io.BytesIO(data), header)
