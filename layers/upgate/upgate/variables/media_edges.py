"""What of a file describes it, as `$(avinfo)` is found from (protocol.md 6.2).

A file on its way in is not stored yet, and one invocation carries 4 MiB of it. Headers are at the
beginning of a file or at its end, so these two, at their places in a file of the full length,
describe it. The index of an MP4 is found by its box header: a long recording's is larger than that.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from upgate import limits
from upgate.contents.iso_boxes import Box, find_box

_END_BYTES = limits.AVINFO_BYTES // 4
_LEAST_BYTES = 64 * 1024  # of the beginning, and of the end, beside an index
# Files that grow while they are recorded: their length is told by what was written last.
_GROWING = (b"mvex", b"\x1a\x45\xdf\xa3")  # a fragmented MP4's, and Matroska's with WebM


class MediaEdgesError(ValueError):
    """A message of another shape."""


@dataclass(frozen=True, slots=True)
class MediaEdges:
    """`start` begins at 0 and `end` ends at `size_bytes`; `index` is a box at its place.

    What is between them is not known.
    """

    size_bytes: int
    start: bytes = field(repr=False)
    end: bytes = field(repr=False)
    index_at: int = 0
    index: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, stream: BinaryIO, size_bytes: int) -> MediaEdges:
        """Read them; a file of up to limits.AVINFO_BYTES is its own start."""
        if size_bytes <= limits.AVINFO_BYTES:
            return cls(size_bytes, stream.read(), b"")
        start = stream.read(limits.AVINFO_BYTES - _END_BYTES)
        end_bytes = _END_BYTES
        if any(sign in start[:_END_BYTES] for sign in _GROWING):
            start, end_bytes = start[:_END_BYTES], len(start)
        box = find_box(stream, size_bytes, b"moov")
        if box is None or box.end <= len(start) or box.start >= size_bytes - end_bytes:
            return cls(size_bytes, start, _read(stream, size_bytes - end_bytes, size_bytes))
        index = _index(stream, box)
        left = limits.AVINFO_BYTES - len(zlib.compress(index, 1)) - _LEAST_BYTES
        if left < _LEAST_BYTES:
            index, left = b"", limits.AVINFO_BYTES - _LEAST_BYTES
        end = _read(stream, size_bytes - _LEAST_BYTES, size_bytes)
        return cls(size_bytes, start[:left], end, box.start, index)

    def to_object(self) -> dict[str, Any]:
        """What its JSON text decodes to."""
        value: dict[str, Any] = {
            "size_bytes": self.size_bytes,
            "start": base64.b64encode(self.start).decode("ascii"),
            "end": base64.b64encode(self.end).decode("ascii"),
        }
        if self.index:
            value["index_at"] = self.index_at
            value["index"] = base64.b64encode(zlib.compress(self.index, 1)).decode("ascii")
        return value

    @classmethod
    def from_object(cls, value: Mapping[str, Any]) -> MediaEdges:
        """Read what `to_object` made; raises MediaEdgesError."""
        try:
            packed = base64.b64decode(value.get("index", ""), validate=True)
            edges = cls(
                int(value["size_bytes"]),
                base64.b64decode(value["start"], validate=True),
                base64.b64decode(value["end"], validate=True),
                int(value.get("index_at", 0)),
                zlib.decompressobj().decompress(packed, limits.AVINFO_INDEX_BYTES),
            )
        except (KeyError, TypeError, ValueError, binascii.Error, zlib.error) as error:
            raise MediaEdgesError("not the edges of a file") from error
        if edges.size_bytes < len(edges.start) + len(edges.end):
            raise MediaEdgesError("a file is not shorter than its edges")
        if not 0 <= edges.index_at <= edges.size_bytes - len(edges.index):
            raise MediaEdgesError("an index is not outside of its file")
        return edges

    def write(self, file: BinaryIO) -> None:
        """Lay them out in an empty file, with holes between them."""
        file.truncate(self.size_bytes)
        file.write(self.start)
        file.seek(self.index_at)
        file.write(self.index)
        file.seek(self.size_bytes - len(self.end))
        file.write(self.end)


def _index(stream: BinaryIO, box: Box) -> bytes:
    """The box, nothing if it is larger than what is carried however well it packs."""
    if box.end - box.start > limits.AVINFO_INDEX_BYTES:
        return b""
    return _read(stream, box.start, box.end)


def _read(stream: BinaryIO, start: int, end: int) -> bytes:
    stream.seek(start, io.SEEK_SET)
    return stream.read(end - start)
