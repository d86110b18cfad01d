"""Directories as TIFF lays them out (TIFF 6.0, section 2), which is how EXIF is stored as well.

Values stay bytes: how EXIF prints one depends on its very type, count and sign. Nothing that the
directory says is believed before it is compared with the size of the stream.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO, Literal

from upgate import limits

type ByteOrder = Literal["<", ">"]


class BrokenDirectoryError(ValueError):
    """No TIFF header, or no directory where the header says there is one."""


class Format(IntEnum):
    """Types of a value, numbered by TIFF 6.0."""

    BYTE = 1
    ASCII = 2
    SHORT = 3
    LONG = 4
    RATIONAL = 5
    SBYTE = 6
    UNDEFINED = 7
    SSHORT = 8
    SLONG = 9
    SRATIONAL = 10
    FLOAT = 11
    DOUBLE = 12


# Bytes of one component, and the struct code of a number in it.
_WIDTHS = dict(zip(Format, (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8), strict=True))
_CODES = {
    Format.BYTE: "B",
    Format.SHORT: "H",
    Format.LONG: "I",
    Format.RATIONAL: "I",
    Format.SBYTE: "b",
    Format.SSHORT: "h",
    Format.SLONG: "i",
    Format.SRATIONAL: "i",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of a directory. `data` is empty when `size` is above limits.EXIF_VALUE_BYTES."""

    tag: int
    format: Format
    count: int
    size: int
    data: bytes
    order: ByteOrder

    def integers(self) -> tuple[int, ...]:
        """The components of an integer type; empty for any other."""
        if self.format in (Format.RATIONAL, Format.SRATIONAL):
            return ()
        return self._numbers()

    def rationals(self) -> tuple[tuple[int, int], ...]:
        """Numerators and denominators of a (signed) rational; empty for any other type."""
        if self.format not in (Format.RATIONAL, Format.SRATIONAL):
            return ()
        numbers = self._numbers()
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))

    def _numbers(self) -> tuple[int, ...]:
        code = _CODES.get(self.format)
        if code is None or not self.data:
            return ()
        return struct.unpack(self.order + code * (self.size // struct.calcsize(code)), self.data)


@dataclass(frozen=True, slots=True)
class Directory:
    """The sound entries of one directory in file order, and the offset of the next (0: none)."""

    entries: tuple[Entry, ...]
    next_offset: int


def read_tiff_header(stream: BinaryIO) -> tuple[ByteOrder, int]:
    """Byte order and offset of the first directory; raises BrokenDirectoryError."""
    stream.seek(0)
    data = stream.read(8)
    order: ByteOrder
    if data[:4] == b"II*\0":
        order = "<"
    elif data[:4] == b"MM\0*":
        order = ">"
    else:
        raise BrokenDirectoryError("no TIFF header")
    if len(data) != 8:
        raise BrokenDirectoryError("a TIFF header cut short")
    return order, struct.unpack(order + "I", data[4:])[0]


def read_directory(stream: BinaryIO, order: ByteOrder, offset: int) -> Directory:
    """Read one directory; an entry that is unsound by itself is left out.

    Raises:
        BrokenDirectoryError: it lies outside the stream, or has more than limits.EXIF_TAGS entries.
    """
    total = stream.seek(0, io.SEEK_END)
    if not 8 <= offset <= total - 2:
        raise BrokenDirectoryError("a directory outside the data")
    stream.seek(offset)
    (count,) = struct.unpack(order + "H", stream.read(2))
    if count > limits.EXIF_TAGS:
        raise BrokenDirectoryError("more entries than are read")
    table = stream.read(12 * count + 4)
    entries = [
        _entry(stream, order, table[at : at + 12], total)
        for at in range(0, min(12 * count, len(table) - 11), 12)
    ]
    has_next = len(table) == 12 * count + 4
    next_offset = struct.unpack(order + "I", table[-4:])[0] if has_next else 0
    return Directory(tuple(entry for entry in entries if entry is not None), next_offset)


def _entry(stream: BinaryIO, order: ByteOrder, raw: bytes, total: int) -> Entry | None:
    tag, number, count = struct.unpack(order + "HHI", raw[:8])
    if number not in _WIDTHS or count == 0:
        return None
    value_format = Format(number)
    size = _WIDTHS[value_format] * count
    if size <= 4:
        return Entry(tag, value_format, count, size, raw[8 : 8 + size], order)
    (offset,) = struct.unpack(order + "I", raw[8:])
    if offset + size > total:
        return None
    data = b""
    if size <= limits.EXIF_VALUE_BYTES:
        stream.seek(offset)
        data = stream.read(size)
        if len(data) != size:
            return None
    return Entry(tag, value_format, count, size, data, order)
