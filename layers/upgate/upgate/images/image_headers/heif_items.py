"""The item tables of a HEIF `meta` box: which picture is the primary one, and where EXIF lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from upgate import limits
from upgate.images.image_headers.header import BrokenImageError
from upgate.images.image_headers.heif_transforms import (
    Aperture,
    HeifPicture,
    Mirror,
    Transform,
    Turn,
)

_DERIVED = frozenset((b"grid", b"iden", b"iovl", b"tmap"))  # made of other items
_IN_FILE, _IN_IDAT = 0, 1  # construction methods of iloc


@dataclass(frozen=True, slots=True)
class Box:
    """A box within `meta`; of a full box, `version` and `flags` too (else they mean nothing)."""

    kind: bytes
    data: bytes

    @property
    def version(self) -> int:
        """The first byte of a full box."""
        return int.from_bytes(self.data[:1])

    @property
    def flags(self) -> int:
        """The next three bytes of a full box."""
        return int.from_bytes(self.data[1:4])


@dataclass(frozen=True, slots=True)
class Extents:
    """Where an item's bytes are, in order: (offset, length) in the file, or in the box `idat`."""

    pieces: tuple[tuple[int, int], ...]
    is_in_idat: bool


class _Fields:
    """Big-endian numbers of given widths, one after the other."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def next(self, width: int) -> int:
        end = self._at + width
        if end > len(self._data):
            raise BrokenImageError("a table of items ends early")
        value = int.from_bytes(self._data[self._at : end])
        self._at = end
        return value


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes in `data`, one after the other; raises BrokenImageError."""
    at = 0
    for _ in range(limits.IMAGE_SEGMENTS):
        if at == len(data):
            return
        length = int.from_bytes(data[at : at + 4])
        if length < 8 or at + length > len(data):
            raise BrokenImageError("a box that does not fit")
        yield Box(data[at + 4 : at + 8], data[at + 8 : at + length])
        at += length
    if at < len(data):
        raise BrokenImageError("more boxes than are looked at")


def primary_picture(children: Mapping[bytes, Box]) -> HeifPicture:
    """The primary item (`pitm`), its extent (`ispe`) and what is done to it; BrokenImageError."""
    if b"pitm" not in children or b"iprp" not in children:
        raise BrokenImageError("no primary item")
    pitm = children[b"pitm"]
    primary = _Fields(pitm.data, 4).next(4 if pitm.version else 2)
    size: tuple[int, int] | None = None
    transforms: list[Transform] = []
    for box in _properties(children[b"iprp"], primary):
        if box.kind == b"ispe":
            fields = _Fields(box.data, 4)
            size = fields.next(4), fields.next(4)
        elif (read := _TRANSFORMS.get(box.kind)) is not None:
            transforms.append(read(box.data))
    if size is None:
        raise BrokenImageError("the primary item has no size")
    return HeifPicture(_codec(children, primary), size, tuple(transforms))


def _turn(data: bytes) -> Turn:
    return Turn(_Fields(data, 0).next(1) & 3)


def _mirror(data: bytes) -> Mirror:
    return Mirror(is_upside_down=not _Fields(data, 0).next(1) & 1)


def _aperture(data: bytes) -> Aperture:
    fields = _Fields(data, 0)
    width, height, right, down = (_fraction(fields.next(4), fields.next(4)) for _ in range(4))
    if width <= 0 or height <= 0:
        raise BrokenImageError("an aperture without pixels")
    return Aperture(width, height, right, down)


_TRANSFORMS: Mapping[bytes, Callable[[bytes], Transform]] = {
    b"irot": _turn,
    b"imir": _mirror,
    b"clap": _aperture,
}


def _fraction(numerator: int, denominator: int) -> Fraction:
    """Both have 32 bits and a sign; writers were seen to leave out that of the denominator."""
    if denominator == 0:
        raise BrokenImageError("an aperture divided by nothing")
    return Fraction(_signed(numerator), _signed(denominator))


def _signed(number: int) -> int:
    return number - (1 << 32) if number >> 31 else number


def _properties(iprp: Box, item: int) -> Iterator[Box]:
    """The item's properties in the order in which they are to be applied."""
    parts = {box.kind: box for box in boxes(iprp.data)}
    if b"ipco" not in parts or b"ipma" not in parts:
        raise BrokenImageError("no item properties")
    every = list(boxes(parts[b"ipco"].data))
    for index in _associated(parts[b"ipma"], item):
        if 0 < index <= len(every):
            yield every[index - 1]


def _associated(ipma: Box, item: int) -> list[int]:
    fields = _Fields(ipma.data, 4)
    index_width, mask = (2, 0x7FFF) if ipma.flags & 1 else (1, 0x7F)
    for _ in range(min(fields.next(4), limits.IMAGE_SEGMENTS)):
        item_id = fields.next(4 if ipma.version else 2)
        indices = [fields.next(index_width) & mask for _ in range(fields.next(1))]
        if item_id == item:
            return indices
    return []


def _codec(children: Mapping[bytes, Box], item: int) -> bytes:
    """The item's type, of a derived picture that of the first item which it is made of."""
    kinds = dict(_item_kinds(children))
    sources = dict(_sources(children))
    for _ in range(len(_DERIVED)):
        kind = kinds.get(item, b"")
        if kind not in _DERIVED or item not in sources:
            return kind
        item = sources[item]
    return b""


def _item_kinds(children: Mapping[bytes, Box]) -> Iterator[tuple[int, bytes]]:
    if b"iinf" not in children:
        return
    iinf = children[b"iinf"]
    for box in boxes(iinf.data[8 if iinf.version else 6 :]):
        if box.kind == b"infe" and box.version in (2, 3):
            width = 2 if box.version == 2 else 4
            yield int.from_bytes(box.data[4 : 4 + width]), box.data[6 + width : 10 + width]


def _sources(children: Mapping[bytes, Box]) -> Iterator[tuple[int, int]]:
    """The first item of each that is derived (`iref`, `dimg`)."""
    if b"iref" not in children:
        return
    iref = children[b"iref"]
    width = 4 if iref.version else 2
    for box in boxes(iref.data[4:]):
        if box.kind == b"dimg":
            fields = _Fields(box.data, 0)
            item = fields.next(width)
            if fields.next(2):
                yield item, fields.next(width)


def exif_extents(children: Mapping[bytes, Box]) -> Extents | None:
    """Where the first item of type `Exif` is, None if there is none."""
    if b"iloc" not in children:
        return None
    for item, kind in _item_kinds(children):
        if kind == b"Exif":
            return _extents(children[b"iloc"], item)
    return None


def _extents(iloc: Box, item: int) -> Extents | None:
    fields = _Fields(iloc.data, 4)
    widths = fields.next(2)
    offset_width, length_width, base_width = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_width = widths & 15 if iloc.version else 0
    for _ in range(min(fields.next(4 if iloc.version == 2 else 2), limits.IMAGE_SEGMENTS)):
        item_id = fields.next(4 if iloc.version == 2 else 2)
        method = fields.next(2) & 15 if iloc.version else _IN_FILE
        fields.next(2)
        base = fields.next(base_width)
        pieces = []
        for _ in range(min(fields.next(2), limits.IMAGE_SEGMENTS)):
            fields.next(index_width)
            pieces.append((base + fields.next(offset_width), fields.next(length_width)))
        if item_id == item:
            known = method in (_IN_FILE, _IN_IDAT)
            return Extents(tuple(pieces), method == _IN_IDAT) if known else None
    return None
