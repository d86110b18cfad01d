"""A PNG without the chunks that libpng passes over with a warning, and Pillow does not."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SIGNATURE_BYTES = 8
# What pixels are made of, and their frames; everything else is about them.
_NEEDED = frozenset((b"tRNS", b"acTL", b"fcTL", b"fdAT"))
_KEPT = _NEEDED | {b"iCCP", b"eXIf"}
_ANCILLARY = 0x20  # of the first letter (W3C PNG, third edition, 5.4)


def without_flawed_chunks(data: bytes) -> bytes:
    """The signature and the chunks that pixels need, a profile and EXIF if they are sound.

    A chunk that the file's end cuts stays as it is: that is for the decoder to bear.
    """
    kept = [
        chunk
        for chunk in _chunks(data)
        if not chunk[4] & _ANCILLARY or (chunk[4:8] in _KEPT and _is_sound(chunk))
    ]
    return data[:_SIGNATURE_BYTES] + b"".join(kept)


def _chunks(data: bytes) -> Iterator[bytes]:
    at = _SIGNATURE_BYTES
    while len(data) - at >= 8:
        end = at + 12 + int.from_bytes(data[at : at + 4])
        yield data[at:end]
        at = end


def _is_sound(chunk: bytes) -> bool:
    kind, content, checksum = chunk[4:8], chunk[8:-4], int.from_bytes(chunk[-4:])
    if zlib.crc32(chunk[4:-4]) != checksum:
        return False
    if kind != b"iCCP":
        return True
    _, _, packed = content.partition(b"\0")
    try:
        # Pillow unpacks it again, to a limit of its own: here the first bytes tell.
        return packed[:1] == b"\0" and bool(zlib.decompressobj().decompress(packed[1:], 128))
    except zlib.error:
        return False
