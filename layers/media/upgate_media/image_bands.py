"""Resizing in bands: of a large picture some rows at a time are held besides what was decoded.

Each band is resampled from the rows that its own rows are made of, and a few more on either side,
so that no seam is seen: the result is that of resizing all at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.images.picture import Pixels, Size

if TYPE_CHECKING:
    from PIL import Image

_REDUCING_GAP = 3.0  # Pillow's own figure for "indistinguishable from a plain resize"
_WHOLE_PIXELS = 16_000_000  # up to here a second copy is less than what bands cost in time
_BAND_PIXELS = 4_000_000  # of the source, in one band
_SUPPORT = 3  # rows of the result that a Lanczos filter reaches over, to either side


def resized(
    pixels: Pixels, size: Size, prepare: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The picture at another size, every band having been through `prepare` first."""
    from PIL import Image as Images
    from PIL.Image import Resampling

    width, height = pixels.size
    is_shrunk = size[0] <= width and size[1] <= height
    method = Resampling.LANCZOS if is_shrunk else Resampling.BICUBIC
    scale = height / size[1]
    step = max(1, math.ceil(_BAND_PIXELS / width / scale))
    if width * height <= _WHOLE_PIXELS or step >= size[1]:
        image = prepare(pixels.whole())
        return image.resize(size, method, reducing_gap=_REDUCING_GAP)
    # Beyond the filter's own reach: reducing first, it looks at whole blocks of rows.
    margin = math.ceil(_SUPPORT * max(scale, 1.0)) + math.ceil(scale)
    result: Image.Image | None = None
    for top in range(0, size[1], step):
        bottom = min(top + step, size[1])
        first = max(0, math.floor(top * scale) - margin)
        last = min(height, math.ceil(bottom * scale) + margin)
        band = prepare(pixels.band(first, last))
        box = (0.0, top * scale - first, float(width), min(bottom * scale - first, last - first))
        rows = band.resize((size[0], bottom - top), method, box, _REDUCING_GAP)
        if result is None:
            result = Images.new(rows.mode, size)
        result.paste(rows, (0, top))
    assert result is not None  # noqa: S101 - a size has one row at least
    return result
