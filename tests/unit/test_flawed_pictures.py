"""Pictures with a flaw that browsers, libjpeg and libpng pass over, and those that none shows."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from upgate import limits
from upgate.images.image_average import average_colour
from upgate.images.image_info import read_image_info
from upgate.images.pictures import with_pixels

PICTURES = Path(__file__).parents[1] / "vectors" / "images"


def jpeg(**options: object) -> bytes:
    stream = io.BytesIO()
    picture = Image.radial_gradient("L").resize((160, 120))
    picture.convert("RGB").save(stream, "JPEG", quality=90, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes, *, is_sound: bool = True) -> bytes:
    checksum = zlib.crc32(kind + data) ^ (not is_sound)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png_with(*chunks: bytes) -> bytes:
    data = (PICTURES / "rgba.png").read_bytes()
    at = data.index(b"IDAT") - 4
    return data[:at] + b"".join(chunks) + data[at:]


def shown(data: bytes) -> Image.Image | None:
    return with_pixels(io.BytesIO(data), lambda pixels: pixels.whole().convert("RGB"))


def is_like(found: Image.Image | None, expected: Image.Image | None, rows: int) -> bool:
    """Whether the upper rows are the same."""
    if found is None or expected is None or found.size != expected.size:
        return False
    box = (0, 0, expected.width, rows)
    return found.crop(box).tobytes() == expected.crop(box).tobytes()


@pytest.mark.parametrize("stray", [bytes(3), b"\0\xff\0", b"stray", b"\xff\0" * 500, b"\xff" * 9])
def test_stray_bytes_between_the_segments_of_a_jpeg_are_passed_over(stray: bytes) -> None:
    data = jpeg()
    at = data.index(b"\xff\xdb")
    flawed = data[:at] + stray + data[at:]
    assert read_image_info(io.BytesIO(flawed), 1) is not None
    assert is_like(shown(flawed), shown(data), 120)


def test_stray_bytes_are_passed_over_up_to_the_limit() -> None:
    data = jpeg()
    at = data.index(b"\xff\xdb")

    def flawed(count: int) -> io.BytesIO:
        return io.BytesIO(data[:at] + bytes(count) + data[at:])

    assert read_image_info(flawed(limits.IMAGE_STRAY_BYTES - 1), 1) is not None
    assert read_image_info(flawed(limits.IMAGE_STRAY_BYTES), 1) is None


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2, 3, 20])
def test_jpeg_without_its_last_bytes_is_shown(missing: int, progressive: bool) -> None:
    data = jpeg(progressive=progressive)
    found = shown(data[:-missing])
    assert found is not None
    if not progressive:
        assert is_like(found, shown(data), 80)


def test_jpeg_without_its_end_is_averaged_in_its_draft() -> None:
    assert average_colour(io.BytesIO(jpeg()[:-2])) == average_colour(io.BytesIO(jpeg()))


@pytest.mark.parametrize("end", [b"", b"\xff", bytes(100), b"trailing text"])
def test_what_stands_in_place_of_the_end_of_a_jpeg_does_not_matter(end: bytes) -> None:
    assert is_like(shown(jpeg()[:-2] + end), shown(jpeg()), 120)


def test_jpeg_that_ends_before_its_pixels_is_none() -> None:
    data = jpeg()
    assert shown(data[: data.index(b"\xff\xda")]) is None


@pytest.mark.parametrize("kind", [b"tEXt", b"gAMA", b"pHYs", b"iCCP", b"zTXt", b"prVt"])
def test_ancillary_chunk_with_a_wrong_checksum_is_passed_over(kind: bytes) -> None:
    sound = (PICTURES / "rgba.png").read_bytes()
    flawed = png_with(chunk(kind, b"Comment\0hi", is_sound=False))
    assert is_like(shown(flawed), shown(sound), 20)


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_ancillary_chunk_that_cannot_be_unpacked_is_passed_over(kind: bytes) -> None:
    flawed = png_with(chunk(kind, b"name\0\0no zlib stream"))
    assert shown(flawed) is not None


def test_critical_chunk_with_a_wrong_checksum_is_not_passed_over() -> None:
    assert shown(png_with(chunk(b"PLTE", bytes(3), is_sound=False))) is None


@pytest.mark.parametrize("missing", [1, 4, 12, 16, 20])
def test_png_without_its_last_bytes_is_shown(missing: int) -> None:
    data = (PICTURES / "rgba.png").read_bytes()
    assert is_like(shown(data[:-missing]), shown(data), 12)


def test_png_whose_pixels_cannot_be_unpacked_is_none() -> None:
    data = (PICTURES / "rgba.png").read_bytes()
    at = data.index(b"IDAT") + 4
    assert shown(data[:at] + b"no zlib stream" + data[at + 14 :]) is None


@pytest.mark.parametrize("length", [26, 60])
def test_png_without_any_pixels_is_none(length: int) -> None:
    assert shown((PICTURES / "gray.png").read_bytes()[:length]) is None


def test_gif_cut_in_its_frame_is_shown_up_to_there() -> None:
    data = (PICTURES / "still.gif").read_bytes()
    assert is_like(shown(data[:-60]), shown(data), 1)
    assert shown(data[:48]) is None  # all but its pixels


def test_damage_in_one_picture_does_not_make_the_next_forgiven() -> None:
    """Forgiving is a switch of Pillow's, for all: it has to be off again."""
    from PIL import ImageFile

    assert shown(jpeg()[:-2]) is not None
    assert shown(b"\xff\xd8" + bytes(90)) is None
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("name", ["rgba.png", "exif.webp"])
@pytest.mark.parametrize("size", [70_000, 192 * 1024])
def test_exif_above_64_kib_is_read(name: str, size: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x9C9C] = bytes(size)
    stream = io.BytesIO()
    with Image.open(PICTURES / name) as picture:
        picture.save(stream, picture.format, exif=exif)
    found = read_image_info(stream, 1)
    assert found is not None
    assert found["orientation"] == "Right-top"
