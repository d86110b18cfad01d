"""Which quality a JPEG is written with: the one asked for, lowered by what the source still has.

Kodo's rule: of the quality asked for and a corrected one the lesser, unless "!" forces it. The
corrected one is the source's own quality times sqrt(pixels of source / pixels of result), but not
above 90 where the source's own is 90 or less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from upgate_media import image_arguments
from upgate_media.image_geometry import Size

# ITU-T T.81, table K.1, which libjpeg scales for a quality; row by row, as Pillow gives tables.
_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)


@dataclass(frozen=True, slots=True)
class Quality:
    """What a command asks for, 1 to 100; `value` None is the default of the format."""

    value: int | None = None
    is_forced: bool = False

    def of_jpeg(self, default: int, source: int | None, before: Size, after: Size) -> int:
        """The quality to write with; `source` is that of a JPEG source, None for others."""
        wanted = self.value or default
        if self.is_forced or source is None:
            return wanted
        shrinking = math.sqrt(before[0] * before[1] / (after[0] * after[1]))
        corrected = source * shrinking
        if source <= 90:
            corrected = min(90, corrected)
        return max(1, min(wanted, int(corrected)))


AS_USUAL: Final = Quality()


def read_quality(command: str, name: str, text: str) -> Quality:
    """1 to 100, with "!" behind it where it is to be kept to; raises BadFopError."""
    value = image_arguments.one(command, name, text.removesuffix("!")).integer(name, 1, 100)
    return Quality(value, text.endswith("!"))


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality on libjpeg's scale that comes nearest to a JPEG's quantisation tables."""
    table = tables.get(0)
    if table is None or len(table) != len(_LUMINANCE):
        return None
    if max(table) == 1:
        return 100
    # Entries at 255 are cut off there, and say nothing about the factor.
    scaled = [pair for pair in zip(table, _LUMINANCE, strict=True) if pair[0] < 255]
    if not scaled:
        return 1
    percent = 100 * sum(entry for entry, _ in scaled) / sum(plain for _, plain in scaled)
    return max(1, min(100, round((200 - percent) / 2 if percent <= 100 else 5000 / percent)))
