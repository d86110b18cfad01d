"""The item tables of a HEIF `meta` box: which picture is the primary one, and where EXIF lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upgate import limits
from upgate.images.image_headers.header import BrokenImageError


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


def primary_size(children: dict[bytes, Box]) -> tuple[int, int]:
    """Width and height of the primary item (`pitm`, `iprp`); raises BrokenImageError.

    The clean aperture (`clap`) wins over the extent (`ispe`): coders pad small pictures.
    """
    if b"pitm" not in children or b"iprp" not in children:
        raise BrokenImageError("no primary item")
    pitm = children[b"pitm"]
    primary = _Fields(pitm.data, 4).next(4 if pitm.version else 2)
    properties = {box.kind: box for box in boxes(children[b"iprp"].data)}
    if b"ipco" not in properties or b"ipma" not in properties:
        raise BrokenImageError("no item properties")
    all_properties = list(boxes(properties[b"ipco"].data))
    own = {
        all_properties[index - 1].kind: all_properties[index - 1].data
        for index in _associated(properties[b"ipma"], primary)
        if 0 < index <= len(all_properties)
    }
    if b"clap" in own:
        fields = _Fields(own[b"clap"], 0)
        width, height = (fields.next(4) // (fields.next(4) or 1) for _ in range(2))
        return width, height
    if b"ispe" in own:
        fields = _Fields(own[b"ispe"], 4)
        return fields.next(4), fields.next(4)
    raise BrokenImageError("the primary item has no size")


def _associated(ipma: Box, item: int) -> list[int]:
    fields = _Fields(ipma.data, 4)
    index_width, mask = (2, 0x7FFF) if ipma.flags & 1 else (1, 0x7F)
    for _ in range(min(fields.next(4), limits.IMAGE_SEGMENTS)):
        item_id = fields.next(4 if ipma.version else 2)
        indices = [fields.next(index_width) & mask for _ in range(fields.next(1))]
        if item_id == item:
            return indices
    return []


def exif_extent(children: dict[bytes, Box]) -> tuple[int, int] | None:
    """Offset in the file and length of the item of type `Exif`, None if there is none."""
    if b"iinf" not in children or b"iloc" not in children:
        return None
    iinf = children[b"iinf"]
    for box in boxes(iinf.data[8 if iinf.version else 6 :]):
        if box.kind == b"infe" and box.version in (2, 3):
            width = 2 if box.version == 2 else 4
            if box.data[6 + width : 10 + width] == b"Exif":
                return _extent(children[b"iloc"], int.from_bytes(box.data[4 : 4 + width]))
    return None


def _extent(iloc: Box, item: int) -> tuple[int, int] | None:
    fields = _Fields(iloc.data, 4)
    widths = fields.next(2)
    offset_width, length_width, base_width = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_width = widths & 15 if iloc.version else 0
    for _ in range(min(fields.next(4 if iloc.version == 2 else 2), limits.IMAGE_SEGMENTS)):
        item_id = fields.next(4 if iloc.version == 2 else 2)
        method = fields.next(2) & 15 if iloc.version else 0
        fields.next(2)
        base = fields.next(base_width)
        extents = []
        for _ in range(min(fields.next(2), limits.IMAGE_SEGMENTS)):
            fields.next(index_width)
            extents.append((base + fields.next(offset_width), fields.next(length_width)))
        if item_id == item:
            return extents[0] if len(extents) == 1 and method == 0 else None
    return None
