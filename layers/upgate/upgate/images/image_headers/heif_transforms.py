"""What a HEIF file does to its picture: cut, turn, mirror (ISO/IEC 23008-12, 6.5).

Unlike EXIF's orientation these are part of the picture: there is no showing it without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

type Size = tuple[int, int]
type Transform = Turn | Mirror | Aperture


@dataclass(frozen=True, slots=True)
class Turn:
    """`irot`: anticlockwise by so many quarters."""

    quarters: int

    def size(self, size: Size) -> Size:
        """The size afterwards."""
        return size[::-1] if self.quarters % 2 else size


@dataclass(frozen=True, slots=True)
class Mirror:
    """`imir`: top and bottom change places, or else left and right."""

    is_upside_down: bool

    def size(self, size: Size) -> Size:
        """The size afterwards."""
        return size


@dataclass(frozen=True, slots=True)
class Aperture:
    """`clap`: what is shown, by its size and the distance of its centre from the picture's."""

    width: Fraction
    height: Fraction
    right: Fraction
    down: Fraction

    def size(self, size: Size) -> Size:
        """The size afterwards; no side is below 1 for an aperture that lies in the picture."""
        left, top, right, bottom = self.box(size)
        return right - left, bottom - top

    def box(self, size: Size) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in whole pixels, none of them beyond the picture."""
        left, right = _span(size[0], self.width, self.right)
        top, bottom = _span(size[1], self.height, self.down)
        return left, top, right, bottom


def _span(whole: int, part: Fraction, offset: Fraction) -> tuple[int, int]:
    start = round(Fraction(whole - 1, 2) + offset - (part - 1) / 2)
    return max(start, 0), min(start + round(part), whole)


@dataclass(frozen=True, slots=True)
class HeifPicture:
    """The primary item: its codec's four characters, its size before the transforms, and those."""

    codec: bytes
    coded_size: Size
    transforms: Sequence[Transform] = ()

    @property
    def shown_size(self) -> Size:
        """Width and height of what is shown."""
        size = self.coded_size
        for transform in self.transforms:
            size = transform.size(size)
        return size
