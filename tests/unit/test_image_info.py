"""Pictures: tests/vectors/images, made by make.py there."""

from __future__ import annotations

import io
import json
import random
import struct
import time
import zlib
from pathlib import Path

import pytest

from tests.vectors.exif.blocks import exif_block, jpeg_with_exif
from upgate import limits
from upgate.images.exif import read_exif
from upgate.images.image_info import ImageInfo, read_image_info

_PICTURES = Path(__file__).parent.parent / "vectors" / "images"


class CountedStream(io.BytesIO):
    """Knows how many bytes were read from it."""

    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


def info(data: bytes) -> ImageInfo | None:
    return read_image_info(io.BytesIO(data), len(data))


def picture(name: str) -> bytes:
    return (_PICTURES / name).read_bytes()


def png(width: int, height: int, color_type: int = 2, depth: int = 8) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT\x35\xaf\x06\x1e"


def gif(frames: int, end: bytes = b"\x3b") -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", 30, 20, 0x80, 0, 0) + bytes(6)
    frame = b"\x21\xf9\4" + bytes(5) + b"\x2c" + bytes(9) + b"\2\2\x4c\1\0"
    return screen + frame * frames + end


@pytest.mark.parametrize(
    ("name", "expected_format", "color_model"),
    [
        ("ycbcr.jpg", "jpeg", "ycbcr"),
        ("progressive.jpg", "jpeg", "ycbcr"),
        ("gray.jpg", "jpeg", "gray"),
        ("cmyk.jpg", "jpeg", "cmyk"),
        ("rgb.jpg", "jpeg", "rgba"),
        ("rgba.png", "png", "rgba"),
        ("nrgba.png", "png", "nrgba"),
        ("transparent-colour.png", "png", "nrgba"),
        ("palette16.png", "png", "palette16"),
        ("gray.png", "png", "gray"),
        ("gray16.png", "png", "gray16"),
        ("gray-alpha.png", "png", "nrgba"),
        ("still.gif", "gif", "palette8"),
        ("lossy.webp", "webp", "ycbcr"),
        ("lossless.webp", "webp", "nrgba"),
        ("alpha.webp", "webp", "nycbcra"),
        ("animated.webp", "webp", "ycbcr"),
        ("rgba.bmp", "bmp", "rgba"),
        ("palette.bmp", "bmp", "palette16"),
        ("bilevel.bmp", "bmp", "palette2"),
        ("rgba.tiff", "tiff", "rgba"),
        ("nrgba.tiff", "tiff", "nrgba"),
        ("gray.tiff", "tiff", "gray"),
        ("palette.tiff", "tiff", "palette256"),
        ("cmyk.tiff", "tiff", "cmyk"),
        ("exif.avif", "avif", "ycbcr"),
        ("alpha.avif", "avif", "ycbcr"),
        ("exif.heic", "heic", "ycbcr"),
    ],
)
def test_a_picture_of_each_format_is_described(
    name: str, expected_format: str, color_model: str
) -> None:
    found = info(picture(name))
    assert found is not None
    assert (found["format"], found["colorModel"]) == (expected_format, color_model)
    # The files with EXIF's orientation have it as `irot` too where the format has that.
    is_turned = name in ("exif.heic", "exif.avif")
    assert (found["width"], found["height"]) == ((20, 30) if is_turned else (30, 20))
    assert found["size"] == len(picture(name))


def test_the_answer_has_kodos_keys_in_kodos_order() -> None:
    # {"colorModel":"ycbcr","format":"jpeg","height":2002,"orientation":"Top-left",...}: protocol.md
    # 6.2, captured.
    found = info(picture("ycbcr.jpg"))
    keys = ["colorModel", "format", "height", "orientation", "size", "width"]
    assert list(found or ()) == keys


@pytest.mark.parametrize("name", ["ycbcr.jpg", "rgba.png", "exif.webp", "rgba.tiff"])
def test_orientation_is_told_in_libexifs_words_and_does_not_turn_the_size(name: str) -> None:
    found = info(picture(name))
    assert found is not None
    assert (found["orientation"], found["width"]) == ("Right-top", 30)


def test_orientation_of_a_heic_is_told_beside_the_size_that_is_shown() -> None:
    found = info(picture("exif.heic"))
    assert found is not None
    assert (found["orientation"], found["width"], found["height"]) == ("Right-top", 20, 30)


def test_without_exif_there_is_no_orientation() -> None:
    assert "orientation" not in (info(picture("gray.jpg")) or {})


@pytest.mark.parametrize(("name", "frames"), [("still.gif", 1), ("three-frames.gif", 3)])
def test_a_gif_says_how_many_frames_it_has(name: str, frames: int) -> None:
    assert (info(picture(name)) or {}).get("frameNumber") == frames


def test_an_animation_of_another_format_has_no_frame_number() -> None:
    assert "frameNumber" not in (info(picture("animated.webp")) or {})


def test_a_gif_without_trailer_is_described_without_frame_number() -> None:
    found = info(gif(3, end=b""))
    assert found is not None
    assert "frameNumber" not in found


def test_frames_are_counted_up_to_the_limit_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IMAGE_GIF_BLOCKS", 20)  # two for each frame
    assert (info(gif(10)) or {}).get("frameNumber") == 10
    assert "frameNumber" not in (info(gif(11)) or {})


def test_a_gif_of_countless_frames_takes_bounded_time() -> None:
    data = gif(400_000)
    started = time.process_time()
    found = info(data)
    assert time.process_time() - started < 2
    assert found is not None
    assert "frameNumber" not in found


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (limits.IMAGE_SIDE_PIXELS + 1, 1),
        (1, limits.IMAGE_SIDE_PIXELS + 1),
        (16_320, 12_240),  # 200 megapixels, as phones make them
        (2**31 - 1, 1),
    ],
)
def test_a_picture_of_any_size_is_described(width: int, height: int) -> None:
    """The limits are those of decoding, and no pixel is decoded."""
    found = info(png(width, height))
    assert found is not None
    assert (found["width"], found["height"]) == (width, height)


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0)])
def test_a_picture_without_pixels_is_none(width: int, height: int) -> None:
    assert info(png(width, height)) is None


@pytest.mark.parametrize(
    "damaged",
    [
        png(1, 1).replace(b"IHDR", b"IHDX"),
        png(1, 1, depth=3),
        png(1, 1, color_type=5),
        png(1, 1)[:16] + b"\0\0\0\2" + png(1, 1)[20:],  # another width, the old checksum
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\1" + bytes(20),
        b"\xff\xd8\xff" + b"\xff" * 10_000,
        b"\xff\xd8\xff\xe0\0\2" + b"no marker",
        jpeg_with_exif(exif_block("<")).replace(b"\x01\x01\x01\x11\x00", b"\x01\x02\x01\x11\x00"),
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0" + bytes(10),
        b"BM" + bytes(30),
        b"II*\0\x08\0\0\0",
        b"\0\0\0\x18ftypheic" + bytes(12) + b"\0\0\0\x10meta" + bytes(8),
        b"\0\0\0\x18ftypheic" + bytes(12) + b"\0\0\0\0mdat",
    ],
)
def test_a_broken_picture_is_none(damaged: bytes) -> None:
    assert info(damaged) is None


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"hello", bytes(1000), b"\0\0\0\x18ftypmp42" + bytes(500), b"%PDF-1.7"]
)
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert info(data) is None


def test_a_picture_cut_anywhere_is_described_or_none() -> None:
    for path in sorted(_PICTURES.iterdir()):
        if path.suffix != ".py" and path.is_file():
            data = path.read_bytes()
            for length in range(0, len(data), 7):
                info(data[:length])
                read_exif(io.BytesIO(data[:length]))


def test_a_picture_with_any_bytes_changed_is_described_or_none() -> None:
    chance = random.Random(2)  # noqa: S311 - reproducible damage, not a secret
    pictures = [
        path.read_bytes()
        for path in sorted(_PICTURES.iterdir())
        if path.suffix != ".py" and path.is_file()
    ]
    for _ in range(3000):
        data = bytearray(chance.choice(pictures))
        for _ in range(chance.choice((1, 4, 16))):
            data[chance.randrange(min(len(data), 400))] = chance.choice((0, 1, 127, 255))
        info(bytes(data))
        read_exif(io.BytesIO(bytes(data)))


def test_only_the_header_of_a_large_jpeg_is_read() -> None:
    stream = CountedStream(picture("ycbcr.jpg") + bytes(4 * 1024 * 1024))
    assert read_image_info(stream, 1) is not None
    assert stream.bytes_read < 2048


@pytest.mark.parametrize("name", ["exif.heic", "exif.avif", "exif.webp", "rgba.png", "rgba.tiff"])
def test_only_the_header_of_a_picture_is_read(name: str) -> None:
    stream = CountedStream(picture(name) + bytes(1024 * 1024))
    assert read_image_info(stream, 1) is not None
    assert stream.bytes_read < 4096


def test_the_codec_of_the_picture_tells_the_format_where_the_brands_do_not() -> None:
    data = picture("exif.avif")
    assert data[8:12] == b"avif"
    generic = data[:8] + b"mif1" + data[12:]
    assert b"avif" in generic[16:64]
    assert (info(generic) or {}).get("format") == "avif"
    assert (info(generic.replace(b"avif", b"heic", 1)) or {}).get("format") == "avif"
    hevc = picture("exif.heic")
    assert (info(hevc[:8] + b"mif1" + hevc[12:].replace(b"heic", b"mif1", 1)) or {}).get(
        "format"
    ) == "heic"


def test_the_answer_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(info(picture("still.gif"))))["colorModel"] == "palette8"
