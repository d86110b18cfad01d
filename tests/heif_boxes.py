"""HEIF files taken apart and put together as encoders do not make them (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in `data`."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length


def irot(quarters: int) -> bytes:
    return box(b"irot", bytes((quarters,)))


def imir(axis: int) -> bytes:
    return box(b"imir", bytes((axis,)))


def clap(width: int, height: int, right: tuple[int, int], down: tuple[int, int]) -> bytes:
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, *right, *down))


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a file: its type, its bytes, its properties, and the items that it is made of."""

    kind: bytes
    data: bytes
    properties: Sequence[bytes] = ()
    made_of: Sequence[int] = ()


def file(
    items: Sequence[Item], primary: int, brand: bytes = b"heic", *, in_idat: bool = False
) -> bytes:
    """A HEIF file of these items, which are numbered from 1; `in_idat` keeps them in `meta`."""
    ftyp = box(b"ftyp", brand, bytes(4), b"mif1", brand)
    empty = _meta(items, primary, 0, in_idat=in_idat)
    start = len(ftyp) + len(empty) + 8
    data = b"" if in_idat else box(b"mdat", *(item.data for item in items))
    return ftyp + _meta(items, primary, start, in_idat=in_idat) + data


def _meta(items: Sequence[Item], primary: int, start: int, *, in_idat: bool) -> bytes:
    every = list(dict.fromkeys(entry for item in items for entry in item.properties))
    infe = [
        full_box(b"infe", 2, 0, struct.pack(">HH", number, 0), item.kind, b"\0")
        for number, item in enumerate(items, 1)
    ]
    places, at = b"", 0 if in_idat else start
    for number, item in enumerate(items, 1):
        method = 1 if in_idat else 0
        places += struct.pack(">HHHHII", number, method, 0, 1, at, len(item.data))
        at += len(item.data)
    associated = [
        struct.pack(">HB", number, len(item.properties))
        + bytes(0x80 | every.index(entry) + 1 for entry in item.properties)
        for number, item in enumerate(items, 1)
    ]
    references = [
        box(
            b"dimg",
            struct.pack(f">HH{len(item.made_of)}H", number, len(item.made_of), *item.made_of),
        )
        for number, item in enumerate(items, 1)
        if item.made_of
    ]
    return full_box(
        b"meta",
        0,
        0,
        full_box(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", 0, 0, struct.pack(">H", primary)),
        full_box(b"iinf", 0, 0, struct.pack(">H", len(items)), *infe),
        full_box(b"iloc", 1, 0, b"\x44\0", struct.pack(">H", len(items)), places),
        full_box(b"iref", 0, 0, *references) if references else b"",
        box(
            b"iprp",
            box(b"ipco", *every),
            full_box(b"ipma", 0, 0, struct.pack(">I", len(items)), *associated),
        ),
        box(b"idat", *(item.data for item in items)) if in_idat else b"",
    )


def coded_picture(data: bytes) -> Item:
    """The picture of a file that an encoder wrote, without what is done to it."""
    meta = dict(boxes(dict(boxes(data))[b"meta"][4:]))
    (primary,) = struct.unpack(">H", meta[b"pitm"][4:6])
    kinds = {
        struct.unpack(">H", content[4:6])[0]: content[8:12]
        for kind, content in boxes(meta[b"iinf"][6:])
        if kind == b"infe"
    }
    parts = dict(boxes(meta[b"iprp"]))
    every = [box(kind, content) for kind, content in boxes(parts[b"ipco"])]
    properties = [every[index - 1] for index in _associated(parts[b"ipma"], primary)]
    offset, length = _place(meta[b"iloc"], primary)
    kept = [entry for entry in properties if entry[4:8] not in (b"irot", b"imir", b"clap")]
    return Item(kinds[primary], data[offset : offset + length], kept)


def _associated(ipma: bytes, item: int) -> list[int]:
    at = 8
    for _ in range(int.from_bytes(ipma[4:8])):
        number, count = struct.unpack(">HB", ipma[at : at + 3])
        at += 3
        if number == item:
            return [index & 0x7F for index in ipma[at : at + count]]
        at += count
    return []


def _place(iloc: bytes, item: int) -> tuple[int, int]:
    version, widths = iloc[0], int.from_bytes(iloc[4:6])
    offset_width, length_width, base_width = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_width = widths & 15 if version else 0
    at, count = 8, int.from_bytes(iloc[6:8])
    for _ in range(count):
        number = int.from_bytes(iloc[at : at + 2])
        at += 6 if version else 4
        base = int.from_bytes(iloc[at : at + base_width])
        at += base_width
        pieces = int.from_bytes(iloc[at : at + 2])
        at += 2
        for _ in range(pieces):
            at += index_width
            offset = base + int.from_bytes(iloc[at : at + offset_width])
            at += offset_width
            length = int.from_bytes(iloc[at : at + length_width])
            at += length_width
            if number == item:
                return offset, length
    raise ValueError(f"no item {item}")
