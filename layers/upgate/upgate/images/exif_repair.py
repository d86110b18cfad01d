"""Values that a camera wrote in a type other than the standard's, brought to the standard's type.

libexif does this before it prints, so `type` in an answer is the standard's as well: an Orientation
written as LONG is answered as {"val": "Right-top", "type": 3}.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Final

from upgate.images.exif_tags import Ifd
from upgate.images.tiff_directory import Entry, Format

_EXPECTED: Final[dict[tuple[Ifd, int], Format]] = {
    **{(Ifd.IMAGE, tag): Format.SHORT for tag in (0x0106, 0x0112, 0x011C, 0x0212, 0x0213)},
    **{(Ifd.EXIF, tag): Format.SHORT for tag in (0x8827, 0x9214, 0xA001, 0xA217)},
    **{(Ifd.EXIF, tag): Format.SHORT for tag in (*range(0xA401, 0xA404), *range(0xA406, 0xA40B))},
    **{(Ifd.EXIF, tag): Format.RATIONAL for tag in (0x829A, 0x829D, 0x9202, 0x920A)},
    **{(Ifd.EXIF, tag): Format.SRATIONAL for tag in (0x9201, 0x9203, 0x9204)},
    (Ifd.EXIF, 0x9286): Format.UNDEFINED,
}
_INTEGERS = frozenset((Format.BYTE, Format.SBYTE, Format.LONG, Format.SLONG, Format.SSHORT))
_RATIONALS = frozenset((Format.RATIONAL, Format.SRATIONAL))


def repaired(ifd: Ifd, entry: Entry) -> Entry:
    """The entry in its tag's own type where it can be had, otherwise as it is."""
    expected = _EXPECTED.get((ifd, entry.tag), entry.format)
    if entry.format is expected or not entry.data:
        return entry
    if expected is Format.UNDEFINED and entry.size == entry.count:
        return replace(entry, format=expected)
    if expected is Format.SHORT and entry.format in _INTEGERS:
        # What does not fit is cut off, and a signed byte loses its sign: this is libexif's way.
        is_byte = entry.format is Format.SBYTE
        numbers = entry.data if is_byte else [number & 0xFFFF for number in entry.integers()]
        data = struct.pack(f"{entry.order}{len(numbers)}H", *numbers)
        return replace(entry, format=expected, size=len(data), data=data)
    if expected in _RATIONALS and entry.format in _RATIONALS:
        return replace(entry, format=expected)
    return entry
