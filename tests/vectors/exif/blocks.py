"""EXIF data put together from tags: what the vectors and the hostile tests are made of."""

from __future__ import annotations

import struct
from typing import Literal

type Order = Literal["<", ">"]
type Value = bytes | list[int] | list[tuple[int, int]]
type Tag = tuple[int, int, Value]  # tag, format, value

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_CODES = {1: "B", 3: "H", 4: "I", 5: "I", 6: "b", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d"}
_POINTERS = {"exif": 0x8769, "gps": 0x8825, "interop": 0xA005}


def exif_block(order: Order, **directories: list[Tag]) -> bytes:
    """TIFF header and directories `image`, `thumbnail`, `exif`, `gps`, `interop`."""
    tags: dict[str, list[Tag]] = {"image": [], **directories}
    for name, parent in (("interop", "exif"), ("exif", "image"), ("gps", "image")):
        if tags.get(name):
            tags[parent] = [*tags.get(parent, []), (_POINTERS[name], 4, [0])]
    present = [name for name in ("image", "exif", "interop", "gps", "thumbnail") if tags.get(name)]
    starts: dict[str, int] = {}
    heap_start = 8
    for name in present:
        starts[name] = heap_start
        heap_start += 6 + 12 * len(tags[name])
    pointed = {pointer: starts[name] for name, pointer in _POINTERS.items() if name in starts}
    tables, heap = b"", b""
    for name in present:
        tables += struct.pack(order + "H", len(tags[name]))
        for tag, number, value in sorted(tags[name], key=lambda item: item[0]):
            raw = encode(order, number, [pointed[tag]] if tag in pointed else value)
            tables += struct.pack(order + "HHI", tag, number, len(raw) // _WIDTHS[number])
            if len(raw) <= 4:
                tables += raw.ljust(4, b"\0")
            else:
                tables += struct.pack(order + "I", heap_start + len(heap))
                heap += raw + b"\0" * (len(raw) % 2)
        tables += struct.pack(order + "I", starts.get("thumbnail", 0) if name == "image" else 0)
    return tiff_header(order) + tables + heap


def tiff_header(order: Order, offset: int = 8) -> bytes:
    """The eight bytes before the directories."""
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", offset)


def encode(order: Order, number: int, value: Value) -> bytes:
    """A value's bytes in the format of that number."""
    if isinstance(value, bytes):
        return value
    flat = [part for item in value for part in (item if isinstance(item, tuple) else (item,))]
    return struct.pack(f"{order}{len(flat)}{_CODES[number]}", *flat)


def jpeg_with_exif(block: bytes) -> bytes:
    """The header of a JPEG of 1 x 1 pixel that carries an EXIF block; it has no picture data."""
    segment = b"Exif\0\0" + block
    app1 = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    return b"\xff\xd8" + app1 + bytes.fromhex("ffc0000b080001000101011100ffda")
