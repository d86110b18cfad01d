from __future__ import annotations

import io
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from PIL import Image

from upgate.images.picture import Pixels
from upgate.images.pictures import with_pixels

_PICTURES = Path(__file__).parent.parent / "vectors" / "images"


def stream(name: str) -> io.BytesIO:
    return io.BytesIO((_PICTURES / name).read_bytes())


def size(pixels: Pixels) -> tuple[int, int]:
    return pixels.size


def test_a_picture_is_handed_over_with_its_pixels() -> None:
    found = with_pixels(stream("gray.png"), lambda pixels: pixels.whole().getpixel((15, 10)))
    assert isinstance(found, int)


def test_a_draft_makes_a_jpeg_smaller_and_leaves_a_png_alone() -> None:
    assert with_pixels(stream("ycbcr.jpg"), size, draft=(10, 5)) == (15, 10)
    assert with_pixels(stream("rgba.png"), size, draft=(10, 5)) == (30, 20)


@pytest.mark.parametrize(
    "raised",
    [
        OSError("cannot decode"),
        SyntaxError("broken PNG file"),
        EOFError(),
        MemoryError(),
        OverflowError(),
        ZeroDivisionError(),
        IndexError(),
        Image.DecompressionBombError(),
    ],
)
def test_whatever_pillow_raises_is_none(raised: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(Image.Image, "load", fail)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    assert with_pixels(stream("rgba.bmp"), size) is None


def test_a_warning_of_pillow_is_not_heard() -> None:
    def warn(_: Pixels) -> tuple[int, int]:
        warnings.warn("corrupt EXIF data", stacklevel=1)
        return (1, 1)

    assert with_pixels(stream("rgba.bmp"), warn) == (1, 1)


def test_bytes_are_not_opened_as_a_format_that_their_header_does_not_name() -> None:
    # An Encapsulated PostScript file would start a program in Pillow.
    assert (
        with_pixels(io.BytesIO(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), size) is None
    )


def test_the_stream_stays_open() -> None:
    source = stream("rgba.png")
    with_pixels(source, size)
    assert not source.closed


def test_libheif_is_imported_for_a_heic_alone() -> None:
    """A plain upload's cold start does not pay for it."""
    program = """
import io, sys
from pathlib import Path
from upgate.images.image_average import average_colour
for name in sys.argv[2:]:
    assert average_colour(io.BytesIO(Path(sys.argv[1], name).read_bytes())) is not None, name
    print(name, "pi_heif" in sys.modules)
"""
    command = [sys.executable, "-c", program, str(_PICTURES), "ycbcr.jpg", "exif.avif", "exif.heic"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["ycbcr.jpg False", "exif.avif False", "exif.heic True"]
