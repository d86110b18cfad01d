"""A file to be uploaded: read at any place from any thread, and known if it changes meanwhile."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from upgate.contents import qetag
from upgate_cli.errors import ChangedFileError, CommandError


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells one state of a file from another without reading it."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """The state that a stat tells of."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class SourceFile:
    """A regular file, open for reading; its state is the one at the opening."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            CommandError: it is not there, not readable or not a regular file.
        """
        self.path = path
        try:
            # A named pipe would hold us up until somebody writes to it.
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise CommandError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        except ValueError:
            raise CommandError(f"{str(path)!r} is no path") from None
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            if stat.S_ISDIR(status.st_mode):
                raise CommandError(f"{path} is a folder: use `upgate sync` for a tree")
            raise CommandError(f"{path} is no regular file")
        self.opened_ns = time.time_ns()
        self.state = FileState.of(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size_bytes(self) -> int:
        """Its size at the opening."""
        return self.state.size_bytes

    def close(self) -> None:
        """Close it; twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes.

        Raises:
            ChangedFileError: there are fewer.
            CommandError: the disk does not give them.
        """
        pieces: list[bytes] = []
        while size > 0:
            try:
                piece = os.pread(self._descriptor, size, offset)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise CommandError(f"cannot read {self.path}: {reason}") from error
            if not piece:
                raise self._changed()
            pieces.append(piece)
            offset += len(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def mapped(self) -> memoryview:
        """All of it, in memory only as far as it is looked at."""
        if self.size_bytes == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(self._descriptor, self.size_bytes, access=mmap.ACCESS_READ))

    def check_unchanged(self) -> None:
        """Look again, at the open file and at the path.

        Raises:
            ChangedFileError: written to, replaced or removed.
        """
        try:
            now = (os.fstat(self._descriptor), os.stat(self.path))
        except OSError:
            raise self._changed() from None
        if any(FileState.of(status) != self.state for status in now):
            raise self._changed()

    def etag(self) -> str:
        """The hash of its content (protocol.md 5), read block by block."""
        starts = range(0, self.size_bytes, qetag.BLOCK_BYTES) or range(1)
        digests = [
            hashlib.sha1(
                self.read(start, min(qetag.BLOCK_BYTES, self.size_bytes - start)),
                usedforsecurity=False,
            ).digest()
            for start in starts
        ]
        self.check_unchanged()
        return qetag.from_block_digests(digests)

    def _changed(self) -> ChangedFileError:
        return ChangedFileError(
            f"{self.path} changed while it was uploaded: run the command again when it is complete"
        )
