"""What the result of a command is called (protocol.md 9.1), wherever it is asked for.

The name is a pure function of the source's etag and the commands' text, so an operation, a URL and
a style share one result.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from upgate import encoding
from upgate.fops.fop import Pipe

_PREFIX = "fop/"


@dataclass(frozen=True, slots=True)
class ResultName:
    """One result: of which source, by which commands."""

    etag: str
    fop: str

    @property
    def key(self) -> str:
        """Kodo's own default key of a result."""
        digest = hashlib.sha1(self.fop.encode(), usedforsecurity=False).digest()
        return f"{encoding.encode(digest)}/{self.etag}"

    @property
    def ledger_id(self) -> str:
        """Names the result in the ledger."""
        return f"{self.etag}#{hashlib.sha256(self.fop.encode()).hexdigest()}"


def of(pipe: Pipe, etag: str) -> ResultName:
    """The result of a pipe; where it is saved to besides does not matter."""
    return ResultName(etag, "|".join(fop.text for fop in pipe.commands))


def object_name(key: str) -> str:
    """Where a result lies in the work bucket."""
    return _PREFIX + key
