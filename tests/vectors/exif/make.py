"""Writes the *.json beside it: EXIF blocks and what libexif prints for each of their tags.

    apt-get install libexif12 && python -m tests.vectors.exif.make

libexif is asked through ctypes (exif_data_load_data, exif_entry_get_value), with its default
options; the tags that it makes up for missing ones are left out. `FlashPixVersion` is spelt as
libexif spelt it until 0.6.22 and as captured Kodo answers have it.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator
from pathlib import Path

from tests.vectors.exif.blocks import Order, Tag, Value, exif_block

type Case = tuple[str, Order, dict[str, list[Tag]]]

_ORIGIN = "printed by libexif 0.6.24 for blocks made by tests/vectors/exif/make.py"
_VALUE_BYTES = 4096
_RENAMED = {"FlashpixVersion": "FlashPixVersion"}
_IFDS = ("image", "thumbnail", "exif", "gps", "interop")


class _Content(ctypes.Structure):
    pass


class _Entry(ctypes.Structure):
    _fields_ = (
        ("tag", ctypes.c_int),
        ("format", ctypes.c_int),
        ("components", ctypes.c_ulong),
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_uint),
        ("parent", ctypes.c_void_p),
        ("private", ctypes.c_void_p),
    )


_Content._fields_ = (
    ("entries", ctypes.POINTER(ctypes.POINTER(_Entry))),
    ("count", ctypes.c_uint),
    ("parent", ctypes.c_void_p),
    ("private", ctypes.c_void_p),
)


class _Data(ctypes.Structure):
    _fields_ = (("ifd", ctypes.POINTER(_Content) * 5),)


def printed(block: bytes) -> dict[tuple[str, int], tuple[str, str, int]]:
    """(directory, tag) -> name, value and format, as libexif has them."""
    library = ctypes.CDLL("libexif.so.12")
    library.exif_data_new.restype = ctypes.POINTER(_Data)
    library.exif_entry_get_value.restype = ctypes.c_char_p
    library.exif_tag_get_name_in_ifd.restype = ctypes.c_char_p
    data = library.exif_data_new()
    raw = b"Exif\0\0" + block
    library.exif_data_load_data(data, raw, len(raw))
    found = {}
    for number, ifd in enumerate(_IFDS):
        content = data.contents.ifd[number].contents
        for index in range(content.count):
            entry = content.entries[index]
            buffer = ctypes.create_string_buffer(_VALUE_BYTES)
            library.exif_entry_get_value(entry, buffer, _VALUE_BYTES)
            tag = entry.contents.tag
            name = library.exif_tag_get_name_in_ifd(tag, number).decode()
            value = buffer.value.decode("utf-8", "replace")
            found[ifd, tag] = (_RENAMED.get(name, name), value, entry.contents.format)
    return found


def _case(name: str, order: Order, directories: dict[str, list[Tag]]) -> dict[str, object]:
    block = exif_block(order, **directories)
    expected = {}
    given = {(ifd, tag) for ifd, tags in directories.items() for tag, _, _ in tags}
    for (ifd, tag), (tag_name, value, number) in printed(block).items():
        if (ifd, tag) in given:
            prefix = "thumbnail:" if ifd == "thumbnail" else ""
            expected[prefix + tag_name] = {"val": value, "type": number}
    return {"name": name, "block": block.hex(), "expected": dict(sorted(expected.items()))}


_THUMBNAIL: list[Tag] = [
    (0x0103, 3, [6]),
    (0x011A, 5, [(72, 1)]),
    (0x011B, 5, [(72, 1)]),
    (0x0128, 3, [2]),
    (0x0201, 4, [8]),
    (0x0202, 4, [10]),
]
_CAMERA: dict[str, list[Tag]] = {
    "image": [
        (0x010E, 2, b"A picture  \0"),
        (0x010F, 2, b"SONY\0"),
        (0x0110, 2, b"ILCE-6400\0"),
        (0x0112, 3, [6]),
        (0x011A, 5, [(240, 1)]),
        (0x011B, 5, [(7200, 100)]),
        (0x0128, 3, [2]),
        (0x0131, 2, b"Editor 8.3.1\0"),
        (0x0132, 2, b"2019:07:13 14:54:56\0"),
        (0x013B, 2, b"somebody\0"),
        (0x013E, 5, [(3127, 10000), (3290, 10000)]),
        (0x0213, 3, [2]),
        (0x8298, 2, b"somebody\0an editor\0"),
        (0x9C9B, 1, "Grüße 世".encode("utf-16-le") + b"\0\0"),
        (0xC4A5, 7, b"PrintIM\0" + b"\0" * 20),
    ],
    "thumbnail": _THUMBNAIL,
    "exif": [
        (0x829A, 5, [(1, 1250)]),
        (0x829D, 5, [(25, 10)]),
        (0x8822, 3, [1]),
        (0x8827, 3, [1600]),
        (0x8830, 3, [2]),
        (0x8832, 4, [1600]),
        (0x9000, 7, b"0231"),
        (0x9003, 2, b"2019:06:22 17:11:06\0"),
        (0x9004, 2, b"2019:06:22 17:11:06\0"),
        (0x9010, 2, b"+08:00\0"),
        (0x9101, 7, b"\1\2\3\0"),
        (0x9102, 5, [(2, 1)]),
        (0x9201, 10, [(10287712, 1000000)]),
        (0x9202, 5, [(2643856, 1000000)]),
        (0x9203, 10, [(23125, 10000)]),
        (0x9204, 10, [(-1, 3)]),
        (0x9205, 5, [(248, 256)]),
        (0x9206, 5, [(15, 10)]),
        (0x9207, 3, [3]),
        (0x9208, 3, [0]),
        (0x9209, 3, [16]),
        (0x920A, 5, [(560, 10)]),
        (0x9214, 3, [2009, 1503, 2314, 1328]),
        (0x927C, 7, b"maker's own" * 8),
        (0x9286, 7, b"ASCII\0\0\0a comment"),
        (0x9290, 2, b"11\0"),
        (0x9291, 2, b"11\0"),
        (0xA000, 7, b"0100"),
        (0xA001, 3, [1]),
        (0xA002, 4, [6000]),
        (0xA003, 3, [4000]),
        (0xA20E, 5, [(25531915, 10000)]),
        (0xA210, 3, [3]),
        (0xA217, 3, [2]),
        (0xA300, 7, b"\3"),
        (0xA301, 7, b"\1"),
        (0xA302, 7, b"\0\2\0\2\0\1\1\2"),
        (0xA401, 3, [0]),
        (0xA402, 3, [1]),
        (0xA403, 3, [0]),
        (0xA404, 5, [(16, 16)]),
        (0xA405, 3, [84]),
        (0xA406, 3, [0]),
        (0xA432, 5, [(24, 1), (70, 1), (28, 10), (0, 0)]),
        (0xA434, 2, b"E 56mm F1.4\0"),
    ],
    "gps": [
        (0x0000, 1, [2, 3, 0, 0]),
        (0x0001, 2, b"N\0"),
        (0x0002, 5, [(31, 1), (14, 1), (2412, 100)]),
        (0x0003, 2, b"E\0"),
        (0x0004, 5, [(121, 1), (2903, 100), (0, 1)]),
        (0x0005, 1, [0]),
        (0x0006, 5, [(12345, 100)]),
        (0x0007, 5, [(7, 1), (5, 1), (5824, 100)]),
        (0x000C, 2, b"K\0"),
        (0x000D, 5, [(0, 1)]),
        (0x0010, 2, b"T\0"),
        (0x0011, 5, [(31073, 164)]),
        (0x001B, 7, b"ASCII\0\0\0GPS"),
        (0x001D, 2, b"2019:06:22\0"),
        (0x001E, 3, [0]),
    ],
    "interop": [(0x0001, 2, b"R98\0"), (0x0002, 7, b"0100"), (0x1001, 3, [6000])],
}
_ENUMERATED: dict[str, dict[int, tuple[int, ...]]] = {
    "image": {
        0x0103: (0, 1, 2, 5, 6, 7, 8),
        0x0106: (0, 1, 2, 3, 4, 5, 6, 8, 9),
        0x0112: (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 65535),
        0x011C: (0, 1, 2),
        0x0128: (0, 1, 2, 3, 4),
        0x0213: (0, 1, 2, 3),
    },
    "exif": {
        0x8822: tuple(range(10)),
        0x8830: tuple(range(9)),
        0x9207: (*range(8), 255),
        0x9208: (0, 1, 2, 3, 4, 5, *range(9, 26), 255),
        0x9209: (
            *(0x00, 0x01, 0x05, 0x07, 0x08, 0x09, 0x0D, 0x0F, 0x10, 0x14, 0x18, 0x19, 0x1D),
            *(0x1F, 0x20, 0x30, 0x41, 0x45, 0x47, 0x49, 0x4D, 0x4F, 0x50, 0x58, 0x59, 0x5D, 0x5F),
        ),
        0xA001: (0, 1, 2, 65535),
        0xA210: (1, 2, 3),
        0xA217: tuple(range(10)),
        0xA401: (0, 1, 2),
        0xA402: (0, 1, 2, 3),
        0xA403: (0, 1, 2),
        0xA406: (0, 1, 2, 3, 4),
        0xA407: (0, 1, 2, 3, 4, 5),
        0xA408: (0, 1, 2, 3),
        0xA409: (0, 1, 2, 3),
        0xA40A: (0, 1, 2, 3),
        0xA40C: (0, 1, 2, 3, 4),
    },
}
_TIMES = [(1, 50), (10, 500), (1, 3), (2, 3), (1, 2), (99, 100), (1, 1), (5, 2), (30, 1), (0, 1)]
_RATIOS = [(0, 0), (5, 0), (0, 5), (10, 10), (1, 3), (355, 113), (1, 99), (1, 101), (1, 2**32 - 1)]
_APEX = [(5, 1), (562, 100), (0, 1), (-1, 1), (-17, 10), (1, 2), (1, 3), (0, 0), (20, 1), (5, -1)]
_POSITIVE = [(5, 1), (497, 100), (0, 1), (1, 3), (0, 0), (1, 0), (28, 10), (245, 100), (425, 100)]
_TEXTS = [b"Canon", b"Canon  \0", b"a\0b\0", b"\0", b"caf\xe9\0", "é世".encode() + b"\0", b"a\nb\0"]
_COMMENTS = [
    b"ASCII\0\0\0hello  ",
    b"ASCII\0\0\0a\0b",
    b"ASCII\0\0\0",
    b"UNICODE\0h\0i\0",
    b"JIS\0\0\0\0\0abc",
    b"\0\0\0\0\0\0\0\0hello",
    b"\0\0\0\0\0\0\0\0",
    b"no code at all",
    b"short",
]
# (directory, tag, format) -> the values to print one after the other.
_VALUES: dict[tuple[str, int, int], list[Value]] = {
    ("image", 0x011A, 5): [[ratio] for ratio in _RATIOS],
    ("image", 0x011B, 10): [[(-1, 3)], [(1, -10)], [(0, -1)], [(-5, 0)], [(-7, 1)]],
    ("image", 0x0102, 3): [[8, 8, 8], [1]],
    ("image", 0x010F, 2): [*_TEXTS],
    ("image", 0x0212, 3): [[2, 1], [2, 2], [1, 1], [2]],
    ("image", 0x0214, 5): [[(0, 1), (255, 1), (128, 1)], [(1, 3), (2, 3)]],
    ("image", 0x8298, 2): [b"a\0", b"a\0b\0", b" \0b\0", b"\0", b"a  \0b ", b"a\0b\0c\0"],
    ("image", 0x9C9C, 1): ["abc".encode("utf-16-le"), b"a\0\0\0b\0", b"a\0b", b"\0\0"],
    ("exif", 0x829A, 5): [*([time] for time in _TIMES), [(1, 0)], [(1, 50), (1, 60)]],
    ("exif", 0x829D, 5): [[ratio] for ratio in _POSITIVE],
    ("exif", 0x9000, 7): [b"0210", b"0220", b"0221", b"0230", b"0232", b"0300", b"022"],
    ("exif", 0x9101, 7): [b"\4\5\6\0", b"\0\0\0\0", b"\7\1\2\3", b"\1\2\3"],
    ("exif", 0x9201, 10): [[apex] for apex in _APEX],
    ("exif", 0x9202, 5): [[ratio] for ratio in _POSITIVE],
    ("exif", 0x9203, 10): [[apex] for apex in _APEX],
    ("exif", 0x9204, 10): [[apex] for apex in _APEX],
    ("exif", 0x9205, 5): [[ratio] for ratio in _POSITIVE],
    ("exif", 0x9206, 5): [[ratio] for ratio in [*_POSITIVE, (2**32 - 1, 1)]],
    ("exif", 0x920A, 5): [[ratio] for ratio in _POSITIVE],
    ("exif", 0x9214, 3): [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]],
    ("exif", 0x927C, 7): [b"a", b"x" * 300],
    ("exif", 0x9286, 7): [*_COMMENTS],
    ("exif", 0xA000, 7): [b"0100", b"0101", b"0200", b"010"],
    ("exif", 0xA300, 7): [b"\0", b"\3\0"],
    ("exif", 0xA301, 7): [b"\0", b"\1\0"],
    ("gps", 0x0000, 1): [[2, 2, 0, 0], [2, 2]],
    ("gps", 0x0002, 5): [[(31, 1), (14, 1), (1, 3)], [(0, 0), (0, 0), (0, 0)], [(31234567, 10**6)]],
    ("gps", 0x0005, 1): [[0], [1], [2], [0, 1]],
    ("gps", 0x0007, 5): [
        [(7, 1), (55, 1), (9, 1)],
        [(7, 2), (5, 2), (5, 2)],
        [(7, 1), (5, 1), (59999, 1000)],
        [(7, 1), (5, 0), (58, 1)],
        [(7, 1), (55, 1)],
    ],
    ("interop", 0x0002, 7): [b"0100", b"01\0\0"],
}
_WRONG_FORMATS: dict[str, list[Tag]] = {
    "image": [(0x0112, 4, [6]), (0x0128, 4, [2]), (0x0103, 1, [6]), (0x011A, 3, [72])],
    "exif": [
        (0x8827, 4, [70000]),
        (0x829A, 10, [(1, 50)]),
        (0x9201, 5, [(5, 1)]),
        (0x9205, 10, [(5, 1)]),
        (0x9209, 1, [16]),
        (0x9286, 2, b"written as ASCII\0"),
        (0xA001, 9, [1]),
        (0xA402, 6, [-1]),
        (0xA500, 11, [1]),
        (0xA40B, 12, [1]),
    ],
    "gps": [(0x0000, 7, b"\2\2\0\0"), (0x0001, 1, [78, 0]), (0x0006, 9, [-12])],
}


def _enumerations() -> Iterator[Case]:
    longest = max(len(values) for tags in _ENUMERATED.values() for values in tags.values())
    for index in range(longest):
        directories: dict[str, list[Tag]] = {
            ifd: [(tag, 3, [values[index]]) for tag, values in tags.items() if index < len(values)]
            for ifd, tags in _ENUMERATED.items()
        }
        order: Order = "<" if index % 2 else ">"
        yield f"value {index} of each", order, directories


def _values() -> Iterator[Case]:
    for index in range(max(map(len, _VALUES.values()))):
        directories: dict[str, list[Tag]] = {}
        for (ifd, tag, number), values in _VALUES.items():
            if index < len(values):
                directories.setdefault(ifd, []).append((tag, number, values[index]))
        orders: tuple[Order, ...] = ("<", ">")
        yield from ((f"value {index} of each, {order}", order, directories) for order in orders)


def _write(name: str, cases: list[Case]) -> None:
    document = {"origin": _ORIGIN, "cases": [_case(*case) for case in cases]}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    Path(__file__).with_name(name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write("camera.json", [("little-endian", "<", _CAMERA), ("big-endian", ">", _CAMERA)])
    _write("enumerations.json", list(_enumerations()))
    _write("values.json", list(_values()))
    _write("wrong-formats.json", [("<", "<", _WRONG_FORMATS), (">", ">", _WRONG_FORMATS)])
