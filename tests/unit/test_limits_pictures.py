"""How far a picture's header is walked: at the limit it is described, one step on it is not."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from upgate import limits
from upgate.images.exif import read_exif
from upgate.images.image_info import read_image_info
from upgate.images.pictures import with_pixels

PICTURES = Path(__file__).parents[1] / "vectors" / "images"


def is_described(data: bytes) -> bool:
    return read_image_info(io.BytesIO(data), len(data)) is not None


def png(chunks: int) -> bytes:
    """With so many chunks between IHDR and the first IDAT, that one among them."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    text = bytes(4) + b"tEXt" + bytes(4)
    return start + struct.pack(">I", zlib.crc32(header)) + text * (chunks - 1) + b"\0\0\0\0IDAT"


def jpeg(segments: int, fill: int = 1) -> bytes:
    """With so many segments, the frame being the last; `fill` bytes before its marker."""
    frame = struct.pack(">BHHB", 8, 2, 3, 1) + bytes(3)
    head = b"\xff" * fill + b"\xc0" + struct.pack(">H", len(frame) + 2) + frame
    return b"\xff\xd8" + b"\xff\xfe\0\2" * (segments - 1) + head + b"\xff\xd9"


def webp(chunks: int) -> bytes:
    """With so many chunks behind the first one, EXIF being the last."""
    data = (PICTURES / "exif.webp").read_bytes()
    at = data.index(b"EXIF")
    return data[:30] + b"JUNK\0\0\0\0" * (chunks - 1) + data[at:]


def heif(boxes: int, meta_bytes: int | None = None, children: int | None = None) -> bytes:
    """With so many boxes up to `meta`, in which there are so many bytes or boxes."""
    data = (PICTURES / "exif.heic").read_bytes()
    at = data.index(b"meta") - 4
    meta = data[at + 8 : at + int.from_bytes(data[at : at + 4])]
    if meta_bytes is not None:
        meta += box(b"free", bytes(meta_bytes - len(meta) - 8))
    if children is not None:
        meta += box(b"free", b"") * (children - count_boxes(meta[4:]))
    return data[:at] + box(b"free", b"") * (boxes - 2) + box(b"meta", meta)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def count_boxes(data: bytes) -> int:
    count = at = 0
    while at < len(data):
        at += int.from_bytes(data[at : at + 4])
        count += 1
    return count


@pytest.mark.parametrize("make", [png, jpeg, heif])
def test_picture_of_as_many_segments_as_are_walked_is_described(make: type) -> None:
    assert is_described(make(limits.IMAGE_SEGMENTS))
    assert not is_described(make(limits.IMAGE_SEGMENTS + 1))


def test_fill_bytes_are_passed_over_up_to_the_limit() -> None:
    assert is_described(jpeg(1, fill=limits.IMAGE_STRAY_BYTES))
    assert not is_described(jpeg(1, fill=limits.IMAGE_STRAY_BYTES + 1))


def test_exif_of_a_webp_is_looked_for_up_to_the_limit() -> None:
    assert read_exif(io.BytesIO(webp(limits.IMAGE_SEGMENTS))) is not None
    assert read_exif(io.BytesIO(webp(limits.IMAGE_SEGMENTS + 1))) is None


def test_meta_box_at_its_limit_is_read() -> None:
    assert is_described(heif(2, meta_bytes=limits.IMAGE_META_BYTES))
    assert not is_described(heif(2, meta_bytes=limits.IMAGE_META_BYTES + 1))


def test_boxes_in_a_meta_box_are_looked_at_up_to_the_limit() -> None:
    assert is_described(heif(2, children=limits.IMAGE_SEGMENTS))
    assert not is_described(heif(2, children=limits.IMAGE_SEGMENTS + 1))


def test_a_picture_of_as_many_pixels_as_are_taken_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = Image.new("RGB", (30, 20))
    data = io.BytesIO()
    picture.save(data, "PNG")
    monkeypatch.setattr(limits, "IMAGE_PIXELS", 600)
    assert with_pixels(data, lambda pixels: pixels.size) == (30, 20)
    monkeypatch.setattr(limits, "IMAGE_PIXELS", 599)
    assert with_pixels(data, lambda pixels: pixels.size) is None
