"""Resizing in bands gives what resizing all at once gives, and holds less."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.unit.media_image_runs import Runner
from upgate.images.picture import ImagePixels
from upgate_media import image_bands
from upgate_media.image_bands import resized


def detailed(width: int, height: int, mode: str) -> Image.Image:
    """Without black and white: filters overshoot, and where that is cut off the order matters."""
    bands = [Image.effect_noise((width, height), 15 + number) for number in range(4)]
    return Image.merge("RGBA", bands).convert(mode)


def difference(one: Image.Image, other: Image.Image) -> int:
    return max(ImageChops.difference(one, other).tobytes())


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK"])
@pytest.mark.parametrize("size", [(100, 75), (133, 99), (399, 299), (400, 7), (3, 300), (1, 1)])
def test_bands_are_as_one(
    mode: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = detailed(400, 300, mode)
    at_once = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    monkeypatch.setattr(image_bands, "_WHOLE_PIXELS", 0)
    monkeypatch.setattr(image_bands, "_BAND_PIXELS", 400 * 40)
    prepared: list[Image.Image] = []

    def prepare(band: Image.Image) -> Image.Image:
        prepared.append(band)
        return band

    in_bands = resized(ImagePixels(picture), size, prepare)
    assert (in_bands.mode, in_bands.size) == (mode, size)
    assert size[1] <= 7 or len(prepared) > 1
    # Colours divided by their opacity enlarge what was rounded; a reduction by whole blocks
    # begins at another row in each band.
    is_reduced = size[0] * 6 <= 400 or size[1] * 6 <= 300
    assert difference(in_bands, at_once) <= (12 if is_reduced or mode == "RGBA" else 2)


def test_enlarging_in_bands_has_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = detailed(60, 50, "RGB")
    monkeypatch.setattr(image_bands, "_WHOLE_PIXELS", 0)
    monkeypatch.setattr(image_bands, "_BAND_PIXELS", 60 * 10)
    in_bands = resized(ImagePixels(picture), (150, 125), lambda band: band)
    assert difference(in_bands, picture.resize((150, 125), Image.Resampling.BICUBIC)) <= 2


def test_size_that_is_shrunk_first_and_turned_then_is_the_same(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "source.png"
    detailed(90, 60, "RGB").save(path, exif=exif)
    result = Runner(tmp_path).picture("imageView2/2/w/20", path)
    assert result.size == (20, 30)
