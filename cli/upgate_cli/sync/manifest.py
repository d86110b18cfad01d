"""What was uploaded before: for each key the hash, and the state of the file it came from.

So a file that did not change need not be read again. Without a key pair a bucket cannot be listed
either, and this is all that is known of it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from upgate_cli import state_folder
from upgate_cli.errors import CommandError
from upgate_cli.transfer.source_file import FileState

_FOLDER = "manifests"
_SCHEMA = """
create table if not exists uploaded (
    key text primary key,
    etag text not null,
    device integer not null,
    inode integer not null,
    size_bytes integer not null,
    modified_ns integer not null,
    seen_ns integer not null
) without rowid
"""
# A file can be written to twice within one tick of the file system's clock (git calls it racy).
_TICK_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: the hash of its content, and the file that it was read from."""

    etag: str
    state: FileState
    seen_ns: int

    def is_surely(self, state: FileState) -> bool:
        """Whether a file is the same without reading it."""
        return state == self.state and self.seen_ns - state.modified_ns > _TICK_NS


class Manifest:
    """One bucket at one gateway, as one access key knows it; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        """Open it, or make an empty one.

        Raises:
            CommandError: the disk is full or read-only, or the file is damaged.
        """
        self._path = path
        self._lock = threading.Lock()
        with self._explained():
            self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                # Survives a kill; a power cut may take the last entries, which are sent again.
                self._base.execute("pragma journal_mode = wal")
                self._base.execute("pragma synchronous = normal")
                self._base.execute(_SCHEMA)
            except sqlite3.Error:
                self._base.close()
                raise

    @classmethod
    def of(cls, url: str, access_key: str, bucket: str) -> Self:
        """The manifest of a bucket.

        The access key is part of it because a fresh `upgate local` has a fresh one, and nothing in
        its buckets.
        """
        name = state_folder.file_name_of(url, access_key, bucket)
        return cls(state_folder.state_folder(_FOLDER) / f"{name}.sqlite3")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._base.close()

    def get(self, key: str) -> Entry | None:
        """What was uploaded under a key."""
        with self._lock, self._explained():
            row = self._base.execute(
                "select etag, device, inode, size_bytes, modified_ns, seen_ns"
                " from uploaded where key = ?",
                (key,),
            ).fetchone()
        return Entry(row[0], FileState(*row[1:5]), row[5]) if row else None

    def put(self, key: str, etag: str, state: FileState, seen_ns: int) -> None:
        """Write down an upload of a file that was in this state at `seen_ns` (Unix time)."""
        values = (state.device, state.inode, state.size_bytes, state.modified_ns, seen_ns)
        with self._lock, self._explained():
            self._base.execute(
                "insert or replace into uploaded values (?, ?, ?, ?, ?, ?, ?)",
                (key, etag, *values),
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
            raise CommandError(
                f"cannot use {self._path}: {error}; free some space, or set UPGATE_STATE_DIR to "
                "another folder"
            ) from error
        except sqlite3.DatabaseError as error:
            raise CommandError(
                f"{self._path} is damaged: remove it; the next sync sends everything"
            ) from error
