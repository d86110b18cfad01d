"""Commands against what ImageMagick made of the same pictures: vectors/media/images."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.unit.media_image_runs import PICTURES, Runner

REFERENCES = json.loads((PICTURES / "references.json").read_text())["references"]

# Two programs round, resample and compress differently, most of all at edges; a shift by one pixel
# gives a mean of 5 and more on this scene.
MEAN_DIFFERENCE = 3.0


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean over pixels and channels, on white, of 0 to 255."""
    both = []
    for picture in (one, other):
        ground = Image.new("RGBA", picture.size, "white")
        both.append(Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB"))
    return max(ImageStat.Stat(ImageChops.difference(*both)).mean)


@pytest.mark.parametrize("case", REFERENCES, ids=lambda case: str(case["reference"]))
def test_the_picture_is_the_reference(case: dict[str, Any], tmp_path: Path) -> None:
    runner = Runner(tmp_path, fetch=lambda _: (PICTURES / "mark.png").read_bytes())
    result = runner.picture(case["command"], PICTURES / case["source"])
    reference = Image.open(io.BytesIO((PICTURES / case["reference"]).read_bytes()))
    assert result.size == reference.size
    assert difference(result, reference) < MEAN_DIFFERENCE
