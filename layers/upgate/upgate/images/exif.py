"""The value of $(exif): the tags of a picture under libexif's names (protocol.md 6.2).

Only what the file says: the defaults that libexif makes up for tags it misses are left out. Tags of
the thumbnail's directory get `thumbnail:` before their name, as captured Kodo answers have it.
"""

from __future__ import annotations

import io
from typing import BinaryIO, TypedDict

from upgate.images.exif_repair import repaired
from upgate.images.exif_tags import Ifd, tag_name
from upgate.images.exif_text import exif_text
from upgate.images.image_headers.reading import read_header
from upgate.images.tiff_directory import (
    BrokenDirectoryError,
    ByteOrder,
    Directory,
    Entry,
    read_directory,
    read_tiff_header,
)

_ORIENTATION, _EXIF_POINTER, _GPS_POINTER, _INTEROP_POINTER = 0x0112, 0x8769, 0x8825, 0xA005
_JPEG_OFFSET, _JPEG_LENGTH = 0x0201, 0x0202
_EMPTY = Directory((), 0)


class ExifValue(TypedDict):
    """A tag: `val` is always a text for display, `type` the number of the value's EXIF format."""

    val: str
    type: int


def read_exif(stream: BinaryIO) -> dict[str, ExifValue] | None:
    """The EXIF tags of a picture, sorted by name; None without a picture or without a tag.

    A value above limits.EXIF_VALUE_BYTES and a directory that cannot be read are left out.
    """
    header = read_header(stream)
    if header is None or header.exif is None:
        return None
    values: dict[str, ExifValue] = {}
    for ifd, prefix, entries in _directories(header.exif):
        for entry in entries:
            name = tag_name(ifd, entry.tag)
            if name is not None and prefix + name not in values:
                sound = repaired(ifd, entry)
                text = exif_text(ifd, sound)
                if text is not None:
                    values[prefix + name] = {"val": text, "type": int(sound.format)}
    return dict(sorted(values.items())) or None


def read_orientation(exif: BinaryIO) -> str | None:
    """Where row 0 and column 0 of the picture are ("Top-left"), None if EXIF does not say."""
    try:
        order, offset = read_tiff_header(exif)
    except BrokenDirectoryError:
        return None
    for entry in _read(exif, order, offset).entries:
        if entry.tag == _ORIENTATION:
            return exif_text(Ifd.IMAGE, repaired(Ifd.IMAGE, entry)) or None
    return None


def _directories(exif: BinaryIO) -> list[tuple[Ifd, str, tuple[Entry, ...]]]:
    """Each directory is read once and found from one place only: offsets in a loop lead nowhere."""
    try:
        order, offset = read_tiff_header(exif)
    except BrokenDirectoryError:
        return []
    image = _read(exif, order, offset)
    thumbnail = _thumbnail(exif, order, image.next_offset)
    camera = _read(exif, order, _pointer(image, _EXIF_POINTER))
    gps = _read(exif, order, _pointer(image, _GPS_POINTER))
    interop = _read(exif, order, _pointer(camera, _INTEROP_POINTER))
    return [
        (Ifd.IMAGE, "", image.entries),
        (Ifd.IMAGE, "thumbnail:", thumbnail.entries),
        (Ifd.EXIF, "", camera.entries),
        (Ifd.GPS, "", gps.entries),
        (Ifd.INTEROP, "", interop.entries),
    ]


def _thumbnail(exif: BinaryIO, order: ByteOrder, offset: int) -> Directory:
    """The directory of the thumbnail; like libexif, only when the thumbnail itself is there."""
    directory = _read(exif, order, offset)
    start, length = (_pointer(directory, tag) for tag in (_JPEG_OFFSET, _JPEG_LENGTH))
    is_there = start and length and start + length <= exif.seek(0, io.SEEK_END)
    return directory if is_there else _EMPTY


def _pointer(directory: Directory, tag: int) -> int:
    for entry in directory.entries:
        if entry.tag == tag and (offsets := entry.integers()):
            return offsets[0]
    return 0


def _read(exif: BinaryIO, order: ByteOrder, offset: int) -> Directory:
    try:
        return read_directory(exif, order, offset)
    except BrokenDirectoryError:
        return _EMPTY
