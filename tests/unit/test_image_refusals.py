"""imageInfo, exif and imageAve of what they cannot describe: the format, and the reason."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from tests.unit.media_image_runs import no_fetch
from upgate.errors import FopError, SourceTooLargeError, UnprocessableSourceError
from upgate.fops.fop import parse_pipe
from upgate_media.run import inspect
from upgate_media.run_types import MediaSettings, Source

PICTURES = Path(__file__).parents[1] / "vectors" / "images"


def refusal(command: str, content: bytes, tmp_path: Path) -> FopError:
    path = tmp_path / "source"
    path.write_bytes(content)
    source = Source(path, "application/x-source", "etag", len(content))
    with pytest.raises(FopError) as caught:
        inspect(parse_pipe(command).commands[0], source, MediaSettings(30.0, no_fetch))
    return caught.value


def large_png() -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", 16_320, 12_240, 1, 0, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + header + checksum + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"


@pytest.mark.parametrize("command", ["imageInfo", "exif", "imageAve"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"just a text", "not a picture but text/plain"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "the JPEG is broken"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml is not decoded here"),
    ],
)
def test_source_without_a_header_is_named(
    command: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    error = refusal(command, content, tmp_path)
    assert isinstance(error, UnprocessableSourceError)
    assert reason in error.message


@pytest.mark.parametrize(
    ("name", "reason"), [("gray.jpg", "the JPEG has no EXIF"), ("lossy.webp", "the WebP has no")]
)
def test_exif_that_is_not_there_is_no_damage(name: str, reason: str, tmp_path: Path) -> None:
    assert reason in refusal("exif", (PICTURES / name).read_bytes(), tmp_path).message


def test_mean_colour_of_damage_and_of_too_many_pixels_are_told_apart(tmp_path: Path) -> None:
    damaged = (PICTURES / "exif.heic").read_bytes()[:-20]
    assert "the HEIC is broken" in refusal("imageAve", damaged, tmp_path).message
    error = refusal("imageAve", large_png(), tmp_path)
    assert isinstance(error, SourceTooLargeError)
    assert "the PNG has 16320x12240 pixels" in error.message
