"""What was sent of a large file, on disk: a later run goes on from there.

A journal of JSON lines, appended to: whenever the process is killed, each line before the last is
whole, and a torn last one is not read.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Self

from upgate import limits
from upgate_cli import state_folder
from upgate_cli.errors import CommandError
from upgate_cli.transfer.source_file import SourceFile
from upgate_cli.transfer.upload import Target

_FOLDER = "uploads"
_VERSION = 1
_DAY_SECONDS = 86400
# Not begun with an upload that the gateway would forget on the way.
_LEFT_SECONDS = 600


class ResumeRecord:
    """One upload's journal, locked while it is open; `parts` maps a part's number to its etag."""

    def __init__(self, path: Path) -> None:
        """Open the journal, or begin an empty one.

        Raises:
            CommandError: the disk is full or read-only, or another process is at this upload.
        """
        self._path = path
        self._lock = threading.Lock()
        self.upload_id: str | None = None
        self.parts: dict[int, str] = {}
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CommandError(state_folder.cannot_write(path, error)) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise CommandError("another upgate is uploading this very file there: wait") from None
        self._read()

    @classmethod
    def of(cls, source: SourceFile, target: Target, url: str, owner: str, part_bytes: int) -> Self:
        """The journal of one state of one file, to one place, as one access key's upload."""
        folder = state_folder.state_folder(_FOLDER)
        _sweep(folder)
        state = source.state
        name = state_folder.file_name_of(
            *(str(source.path.resolve()), state.device, state.inode),
            *(state.size_bytes, state.modified_ns, part_bytes),
            *(url, owner, target.bucket, "key" if target.key is not None else "", target.key or ""),
        )
        return cls(folder / name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, upload_id: str, expires_at: int) -> None:
        """Forget what was there, and write down a new upload.

        Raises:
            CommandError: the disk takes nothing.
        """
        with self._lock:
            self._truncate(0)
            self.upload_id, self.parts = upload_id, {}
            self._append({"version": _VERSION, "upload_id": upload_id, "expires_at": expires_at})

    def add(self, number: int, etag: str) -> None:
        """Write down a part that the gateway has; nothing once the journal is closed.

        Raises:
            CommandError: the disk takes nothing; what is there stays good.
        """
        with self._lock:
            if self._descriptor >= 0:
                self._append({"part": number, "etag": etag})
                self.parts[number] = etag

    def forget(self) -> None:
        """Remove the journal: the upload is complete, or the gateway does not know it."""
        with self._lock:
            self.upload_id, self.parts = None, {}
            self._truncate(0)
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close it and let others at it."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _append(self, line: dict[str, Any]) -> None:
        data = json.dumps(line).encode() + b"\n"
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            if os.write(self._descriptor, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._truncate(end)  # or the next line would join this one's torn head
            raise CommandError(state_folder.cannot_write(self._path, error)) from error

    def _truncate(self, length: int) -> None:
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, length)

    def _read(self) -> None:
        data = _read_all(self._descriptor)
        whole = data[: data.rfind(b"\n") + 1]
        try:
            head, *lines = [json.loads(line) for line in whole.splitlines()] or [{}]
            if head.get("version") == _VERSION and head["expires_at"] > time.time() + _LEFT_SECONDS:
                self.parts = {int(line["part"]): str(line["etag"]) for line in lines}
                self.upload_id = str(head["upload_id"])
        except (ValueError, KeyError, TypeError, AttributeError):
            whole = b""  # not one of ours any more: begin anew
        self._truncate(len(whole))


def _read_all(descriptor: int) -> bytes:
    pieces = []
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _sweep(folder: Path) -> None:
    """Remove what no gateway remembers any more."""
    oldest = time.time() - limits.RESUMABLE_LIFETIME_SECONDS - _DAY_SECONDS
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # another process was faster
            continue
