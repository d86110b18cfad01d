"""Sizes and rectangles of imageMogr2 (protocol.md 9.6), pure: text in, whole pixels out.

Kodo hands its geometry to ImageMagick, and so this follows ImageMagick's rules. A text that starts
with "!" is escaped: p is %, r is ^ and a is +; unescaped characters are taken as they are.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from upgate.errors import BadFopError

Size = tuple[int, int]
Box = tuple[int, int, int, int]  # left, top, right, bottom

_MOST_SIDE = 9_999
_MOST_SCALE = 999
_MOST_AREA = 24_999_999
_MOST_OFFSET = 30_000
_UNESCAPED = str.maketrans({"p": "%", "r": "^", "a": "+"})
_SIZE = re.compile(r"([0-9]{0,5})(x?)([0-9]{0,5})([%^!<>]?)\Z", re.ASCII)
_AREA = re.compile(r"([0-9]{1,9})@\Z", re.ASCII)
_CROP = re.compile(r"([0-9]{0,5})x([0-9]{0,5})(?:([+-][0-9]{1,5})([+-][0-9]{1,5}))?\Z", re.ASCII)


class Gravity(enum.StrEnum):
    """Which point of the picture an offset is counted from; names as ImageMagick has them."""

    NORTH_WEST = "northwest"
    NORTH = "north"
    NORTH_EAST = "northeast"
    WEST = "west"
    CENTER = "center"
    EAST = "east"
    SOUTH_WEST = "southwest"
    SOUTH = "south"
    SOUTH_EAST = "southeast"


def parse_gravity(text: str) -> Gravity:
    """One of the nine names, in any case; raises BadFopError."""
    try:
        return Gravity(text.lower())
    except ValueError as error:
        raise BadFopError(
            f"/gravity/{text[:40]}: must be one of NorthWest, North, NorthEast, West, Center, "
            "East, SouthWest, South, SouthEast"
        ) from error


def place(canvas: Size, item: Size, gravity: Gravity, dx: int, dy: int) -> tuple[int, int]:
    """Left and top of an item: offsets lead away from the edge that `gravity` names."""

    def along(whole: int, part: int, offset: int, near: str, far: str) -> int:
        if near in gravity:
            return offset
        if far in gravity:
            return whole - part - offset
        return whole // 2 - part // 2 + offset

    return (
        along(canvas[0], item[0], dx, "west", "east"),
        along(canvas[1], item[1], dy, "north", "south"),
    )


def scaled(size: Size, scale: Fraction) -> Size:
    """Both sides by one factor, rounded half up, never below one pixel."""
    width, height = (max(1, math.floor(side * scale + Fraction(1, 2))) for side in size)
    return width, height


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of the picture; an absent side is the picture's own."""

    width: int | None
    height: int | None
    dx: int = 0
    dy: int = 0

    def box(self, size: Size, gravity: Gravity) -> Box:
        """What the rectangle shares with the picture; BadFopError when that is nothing."""
        width, height = self.width or size[0], self.height or size[1]
        left, top = place(size, (width, height), gravity, self.dx, self.dy)
        box = (max(left, 0), max(top, 0), min(left + width, size[0]), min(top + height, size[1]))
        if box[0] >= box[2] or box[1] >= box[3]:
            raise BadFopError(f"/crop: nothing of the {size[0]}x{size[1]} picture lies inside")
        return box


def parse_crop(text: str) -> Crop:
    """`Wx`, `xH`, `WxH` and `!WxH{a|-}dx{a|-}dy`; offsets come in pairs. Raises BadFopError."""
    found = _CROP.match(_unescaped(text))
    if found is None or not (found[1] or found[2]):
        raise BadFopError(
            f"/crop/{text[:40]}: must be Wx, xH, WxH or an escaped size with both offsets, "
            "such as !300x400a10a10"
        )
    width, height = (_side("crop", side) if side else None for side in found.group(1, 2))
    dx, dy = (int(offset or 0) for offset in found.group(3, 4))
    if max(abs(dx), abs(dy)) > _MOST_OFFSET:
        raise BadFopError(f"/crop/{text[:40]}: an offset is at most {_MOST_OFFSET}")
    return Crop(width, height, dx, dy)


Thumbnail = Callable[[Size], Size]


def parse_thumbnail(text: str) -> Thumbnail:
    """The size of the result by the size of the picture, for every form of protocol.md 9.6.

    `!Np` both sides to N %; `!Npx` the width alone, `!xNp` the height alone (Kodo's documents of
    2014 kept the proportions there, those since 2015 do not); `Wx`, `xH` one side, the other in
    proportion; `WxH` inside; `!WxHr` covering; `WxH!` exactly; `WxH>` inside, only if larger;
    `WxH<` inside, only if smaller; `N@` about N pixels in all. Raises BadFopError.
    """
    plain = _unescaped(text)
    area = _AREA.match(plain)
    if area is not None:
        return _to_area(_ranged("thumbnail", area[1], _MOST_AREA))
    if plain.endswith("%x"):
        plain = plain[:-2] + "x%"  # ImageMagick reads 75%x and 75x% alike
    found = _SIZE.match(plain)
    width, cross, height, flag = found.groups() if found else ("", "", "", "")
    if not (width or height) or not (cross or flag == "%"):
        raise BadFopError(f"/thumbnail/{text[:40]}: not a size; write 200x, x200, 200x100 or !50p")
    if flag == "%":
        return _by_percentage(width, cross, height)
    return _to_box(
        _side("thumbnail", width) if width else None,
        _side("thumbnail", height) if height else None,
        flag,
    )


def _unescaped(text: str) -> str:
    return text[1:].translate(_UNESCAPED) if text.startswith("!") else text


def _side(name: str, text: str) -> int:
    return _ranged(name, text, _MOST_SIDE)


def _ranged(name: str, text: str, most: int) -> int:
    if not 1 <= int(text) <= most:
        raise BadFopError(f"/{name}: {text} is not from 1 to {most}")
    return int(text)


def _by_percentage(width: str, cross: str, height: str) -> Thumbnail:
    across = Fraction(_ranged("thumbnail", width, _MOST_SCALE), 100) if width else Fraction(1)
    down = Fraction(_ranged("thumbnail", height, _MOST_SCALE), 100) if height else Fraction(1)
    if not cross:
        down = across
    return lambda size: (scaled(size, across)[0], scaled(size, down)[1])


def _to_area(area: int) -> Thumbnail:
    def target(size: Size) -> Size:
        factor = math.sqrt(area / (size[0] * size[1]))
        return max(1, int(size[0] * factor)), max(1, int(size[1] * factor))

    return target


def _to_box(width: int | None, height: int | None, flag: str) -> Thumbnail:
    def target(size: Size) -> Size:
        factors = [
            Fraction(wanted, side)
            for wanted, side in zip((width, height), size, strict=True)
            if wanted is not None
        ]
        if flag == "!":
            return width or size[0], height or size[1]
        if flag == ">" and min(factors) >= 1:
            return size
        if flag == "<" and min(factors) <= 1:
            return size
        return scaled(size, max(factors) if flag == "^" else min(factors))

    return target
