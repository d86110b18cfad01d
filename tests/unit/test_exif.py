from __future__ import annotations

import io
import json
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.exif.blocks import Tag, exif_block, jpeg_with_exif, tiff_header
from upgate import limits
from upgate.images.exif import ExifValue, read_exif, read_orientation

_VECTORS = Path(__file__).parent.parent / "vectors"
_MAKE: Tag = (0x010F, 2, b"Canon\0")
_UPGATE_TAGS = {
    "ExposureTime": {"val": "1/50 sec.", "type": 5},
    "Make": {"val": "Upgate", "type": 2},
    "Orientation": {"val": "Right-top", "type": 3},
}


def exif(block: bytes) -> dict[str, ExifValue] | None:
    return read_exif(io.BytesIO(jpeg_with_exif(block)))


def exif_of(name: str) -> dict[str, ExifValue] | None:
    return read_exif(io.BytesIO((_VECTORS / "images" / name).read_bytes()))


def cases() -> list[Any]:
    """Every block of tests/vectors/exif/*.json; their origin stands in the files."""
    return [
        pytest.param(case["block"], case["expected"], id=f"{path.stem}: {case['name']}")
        for path in sorted((_VECTORS / "exif").glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
    ]


@pytest.mark.parametrize(("block", "expected"), cases())
def test_every_tag_is_printed_as_libexif_prints_it(
    block: str, expected: dict[str, ExifValue]
) -> None:
    assert exif(bytes.fromhex(block)) == expected


def test_a_captured_kodo_answer_is_given_for_the_same_values() -> None:
    # From a callback body of Kodo, 2019, kept in a public repository. Left out: what Kodo's older
    # libexif did not know yet ("Unknown Exif Version") or rounded in another way.
    block = exif_block(
        ">",
        image=[
            (0x010F, 2, b"SONY\0"),
            (0x0110, 2, b"ILCE-6400\0"),
            (0x011A, 5, [(240, 1)]),
            (0x0128, 3, [2]),
        ],
        exif=[
            (0x829A, 5, [(1, 1250)]),
            (0x9202, 5, [(2643856, 1000000)]),
            (0x9204, 10, [(0, 10)]),
            (0x9205, 5, [(248, 256)]),
            (0x9208, 3, [0]),
            (0x9209, 3, [16]),
            (0x920A, 5, [(560, 10)]),
            (0xA000, 7, b"0100"),
            (0xA001, 3, [1]),
            (0xA210, 3, [3]),
            (0xA300, 7, b"\3"),
            (0xA404, 5, [(16, 16)]),
        ],
        thumbnail=[(0x0103, 3, [6]), (0x011A, 5, [(72, 1)]), (0x0201, 4, [8]), (0x0202, 4, [10])],
    )
    assert json.dumps(exif(block), sort_keys=True, separators=(",", ":")) == (
        '{"ApertureValue":{"type":5,"val":"2.64 EV (f/2.5)"},'
        '"ColorSpace":{"type":3,"val":"sRGB"},'
        '"DigitalZoomRatio":{"type":5,"val":"1.00"},'
        '"ExposureBiasValue":{"type":10,"val":"0.00 EV"},'
        '"ExposureTime":{"type":5,"val":"1/1250 sec."},'
        '"FileSource":{"type":7,"val":"DSC"},'
        '"Flash":{"type":3,"val":"Flash did not fire, compulsory flash mode"},'
        '"FlashPixVersion":{"type":7,"val":"FlashPix Version 1.0"},'
        '"FocalLength":{"type":5,"val":"56.0 mm"},'
        '"FocalPlaneResolutionUnit":{"type":3,"val":"Centimeter"},'
        '"LightSource":{"type":3,"val":"Unknown"},'
        '"Make":{"type":2,"val":"SONY"},'
        '"MaxApertureValue":{"type":5,"val":"0.97 EV (f/1.4)"},'
        '"Model":{"type":2,"val":"ILCE-6400"},'
        '"ResolutionUnit":{"type":3,"val":"Inch"},'
        '"XResolution":{"type":5,"val":"240"},'
        '"thumbnail:Compression":{"type":3,"val":"JPEG compression"},'
        '"thumbnail:XResolution":{"type":5,"val":"72"}}'
    )


@pytest.mark.parametrize("name", ["ycbcr.jpg", "rgba.png", "exif.webp", "exif.heic"])
def test_exif_is_found_in_each_format_that_carries_it(name: str) -> None:
    assert exif_of(name) == _UPGATE_TAGS


def test_exif_is_found_in_avif() -> None:
    # Pillow turns the orientation into a property of AVIF's own.
    expected = {name: value for name, value in _UPGATE_TAGS.items() if name != "Orientation"}
    assert exif_of("exif.avif") == expected


def test_a_tiff_is_its_own_exif() -> None:
    found = exif_of("rgba.tiff")
    assert found is not None
    assert found.items() >= _UPGATE_TAGS.items()
    assert found["ImageWidth"] == {"val": "30", "type": 4}


@pytest.mark.parametrize("name", ["gray.jpg", "gray.png", "lossy.webp", "still.gif", "rgba.bmp"])
def test_a_picture_without_exif_is_none(name: str) -> None:
    assert exif_of(name) is None


@pytest.mark.parametrize("data", [b"", b"hello", b"Exif\0\0II*\0\x08\0\0\0\0\0"])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert read_exif(io.BytesIO(data)) is None


def test_names_are_sorted() -> None:
    names = list(exif_of("ycbcr.jpg") or ())
    assert names == sorted(names)


def test_a_tag_in_a_directory_that_it_does_not_belong_to_is_left_out() -> None:
    assert exif(exif_block("<", image=[_MAKE, (0x829A, 5, [(1, 50)])])) == {
        "Make": {"val": "Canon", "type": 2}
    }


def test_of_a_tag_twice_in_a_directory_the_first_counts() -> None:
    block = exif_block("<", image=[_MAKE, (0x010F, 2, b"Nikon\0")])
    assert exif(block) == {"Make": {"val": "Canon", "type": 2}}


def test_a_thumbnail_that_is_not_there_has_no_tags() -> None:
    thumbnail: list[Tag] = [(0x0103, 3, [6]), (0x0201, 4, [60_000]), (0x0202, 4, [10])]
    assert list(exif(exif_block("<", image=[_MAKE], thumbnail=thumbnail)) or ()) == ["Make"]


def test_a_value_at_the_limit_is_kept_and_one_above_left_out() -> None:
    def model(length: int) -> bytes:
        return exif_block(">", image=[_MAKE, (0x0110, 2, b"m" * (length - 1) + b"\0")])

    assert len((exif(model(limits.EXIF_VALUE_BYTES)) or {})["Model"]["val"]) == 4095
    assert list(exif(model(limits.EXIF_VALUE_BYTES + 1)) or ()) == ["Make"]


def test_a_large_maker_note_is_only_measured() -> None:
    block = exif_block("<", exif=[(0x927C, 7, bytes(50_000))])
    assert exif(block) == {"MakerNote": {"val": "50000 bytes undefined data", "type": 7}}


def test_a_text_that_grows_above_the_limit_is_left_out() -> None:
    block = exif_block("<", image=[_MAKE, (0x0111, 3, [1000] * 2000)])
    assert list(exif(block) or ()) == ["Make"]


def entries(*raw: bytes) -> bytes:
    table = b"".join(raw)
    return tiff_header("<") + struct.pack("<H", len(raw)) + table + bytes(4) + b"data" * 4


def entry(tag: int, number: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, number, count, value)


@pytest.mark.parametrize(
    "hostile",
    [
        entry(0x0110, 2, 0xFFFFFFFF, 8),
        entry(0x0110, 12, 0x20000000, 8),
        entry(0xC4A5, 7, 0x7FFFFFFF, 8),  # never read, so its size has to be compared
        entry(0x0110, 2, 20, 0xFFFFFFF0),
        entry(0x0110, 2, 0, 8),
        entry(0x0110, 0, 1, 8),
        entry(0x0110, 13, 1, 8),
        entry(0x8769, 4, 1, 0xFFFFFFFF),
        entry(0x8769, 4, 1, 0),
        entry(0x8825, 2, 4, 8),
    ],
)
def test_an_absurd_entry_is_left_out_and_the_others_stay(hostile: bytes) -> None:
    sound = struct.pack("<HHI4s", 0x010F, 2, 4, b"ok\0\0")
    assert exif(entries(sound, hostile)) == {"Make": {"val": "ok", "type": 2}}


def test_directories_that_point_at_each_other_are_read_once() -> None:
    block = bytearray(
        entries(
            struct.pack("<HHI4s", 0x010F, 2, 4, b"ok\0\0"),
            entry(0x8769, 4, 1, 8),
            entry(0x8825, 4, 1, 8),
            entry(0xA005, 4, 1, 8),
        )
    )
    block[58:62] = struct.pack("<I", 8)  # the next directory is this one again
    started = time.perf_counter()
    assert exif(bytes(block)) == {"Make": {"val": "ok", "type": 2}}
    assert time.perf_counter() - started < 0.1


def test_a_directory_of_too_many_entries_is_left_out() -> None:
    def block(count: int) -> bytes:
        return entries(*[struct.pack("<HHI4s", 0x010F, 2, 4, b"ok\0\0")] * count)

    assert exif(block(limits.EXIF_TAGS)) is not None
    assert exif(block(limits.EXIF_TAGS + 1)) is None


@pytest.mark.parametrize(
    "block", [b"", b"II", b"II*\0", b"XX*\0\x08\0\0\0", tiff_header(">", 7), tiff_header("<", 8)]
)
def test_exif_without_a_directory_is_none(block: bytes) -> None:
    assert exif(block) is None


def test_an_orientation_that_no_picture_has_is_told_as_libexif_tells_it() -> None:
    block = exif_block("<", image=[(0x0112, 3, [9])])
    assert read_orientation(io.BytesIO(block)) == "9"


def test_exif_without_orientation_has_none() -> None:
    assert read_orientation(io.BytesIO(exif_block("<", image=[_MAKE]))) is None
