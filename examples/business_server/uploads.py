"""What was uploaded, in SQLite: each delivery worked on once, and answered alike ever after.

Deliveries are at least once. The id and the work stand in one transaction: a server that dies
between them has done neither, and the gateway comes again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from business_server.callback import Callback

_SCHEMA = """
CREATE TABLE IF NOT EXISTS uploads (
  delivery TEXT PRIMARY KEY, path TEXT NOT NULL, fields TEXT NOT NULL, answer TEXT NOT NULL
) STRICT
"""


class Uploads:
    """A connection for each call, so that threads need no lock of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._transaction() as database:
            database.execute(_SCHEMA)

    def record(self, path: str, callback: Callback, answer: Mapping[str, object]) -> str:
        """Keep an upload and give its answer in JSON; the first one's if it was told before."""
        with self._transaction() as database:
            known = database.execute(
                "SELECT answer FROM uploads WHERE delivery = ?", (callback.delivery,)
            ).fetchone()
            if known:
                return str(known[0])
            text = json.dumps(answer, ensure_ascii=False)
            row = (callback.delivery, path, json.dumps(dict(callback.fields)), text)
            database.execute("INSERT INTO uploads VALUES (?, ?, ?, ?)", row)
            return text

    def count(self) -> int:
        """How many uploads there are."""
        with self._transaction() as database:
            return int(database.execute("SELECT count(*) FROM uploads").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=5, autocommit=True)) as database:
            database.execute("BEGIN IMMEDIATE")  # two attempts at once: the second one waits
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
