"""The bar on a terminal: how much, how fast, how long still; only for what takes over a second."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SILENT_SECONDS = 1.0


class TransferProgress:
    """Counts bytes from any thread; as a context manager it leaves the terminal tidy.

    Nothing is shown, and rich not imported, when standard error is no terminal.
    """

    def __init__(self, label: str, *, total_bytes: int = 0) -> None:
        self._label = label
        self._total = total_bytes
        self._done = 0
        self._started_at = time.monotonic()
        self._is_shown = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_shown = False
            if self._bar:
                self._bar[0].stop()

    @property
    def done_bytes(self) -> int:
        """What was counted so far, for tests."""
        return self._done

    def advance(self, count: int) -> None:
        """Count bytes that went out; a negative number takes back what has to be sent again."""
        with self._lock:
            self._done += count
            if self._is_shown and time.monotonic() - self._started_at > SILENT_SECONDS:
                progress, task = self._bar = self._bar or self._start()
                progress.update(task, completed=self._done)

    def _start(self) -> tuple[Progress, TaskID]:
        from rich import progress as rich_progress
        from rich.console import Console

        bar = rich_progress.Progress(
            rich_progress.TextColumn("{task.description}", markup=False),
            rich_progress.BarColumn(),
            rich_progress.TaskProgressColumn(),
            rich_progress.DownloadColumn(),
            rich_progress.TransferSpeedColumn(),
            rich_progress.TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        bar.start()
        return bar, bar.add_task(self._label, total=self._total or None, completed=self._done)
