"""The beginning and the end of a file, as `$(avinfo)` is found from (protocol.md 6.2).

A file on its way in is not stored yet, and one invocation carries 4 MiB of it. Headers are at the
beginning of a file or at its end, so these two, at their places in a file of the full length,
describe it.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from upgate import limits

_END_BYTES = limits.AVINFO_BYTES // 4


class MediaEdgesError(ValueError):
    """A message of another shape."""


@dataclass(frozen=True, slots=True)
class MediaEdges:
    """`start` begins at 0 and `end` ends at `size_bytes`; what is between them is not known."""

    size_bytes: int
    start: bytes = field(repr=False)
    end: bytes = field(repr=False)

    @classmethod
    def of(cls, stream: BinaryIO, size_bytes: int) -> MediaEdges:
        """Read them; a file of up to limits.AVINFO_BYTES is its own start."""
        if size_bytes <= limits.AVINFO_BYTES:
            return cls(size_bytes, stream.read(), b"")
        start = stream.read(limits.AVINFO_BYTES - _END_BYTES)
        stream.seek(-_END_BYTES, io.SEEK_END)
        return cls(size_bytes, start, stream.read())

    def to_object(self) -> dict[str, Any]:
        """What its JSON text decodes to."""
        return {
            "size_bytes": self.size_bytes,
            "start": base64.b64encode(self.start).decode("ascii"),
            "end": base64.b64encode(self.end).decode("ascii"),
        }

    @classmethod
    def from_object(cls, value: Mapping[str, Any]) -> MediaEdges:
        """Read what `to_object` made; raises MediaEdgesError."""
        try:
            edges = cls(
                int(value["size_bytes"]),
                base64.b64decode(value["start"], validate=True),
                base64.b64decode(value["end"], validate=True),
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise MediaEdgesError("not the edges of a file") from error
        if edges.size_bytes < len(edges.start) + len(edges.end):
            raise MediaEdgesError("a file is not shorter than its edges")
        return edges

    def write(self, file: BinaryIO) -> None:
        """Lay them out in an empty file, with a hole between them."""
        file.truncate(self.size_bytes)
        file.write(self.start)
        file.seek(self.size_bytes - len(self.end))
        file.write(self.end)
