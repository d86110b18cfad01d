"""Which of the files that were written to have come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from upgate_cli.transfer.source_file import FileState


@dataclass(slots=True)
class Settling:
    """Files that something happened to; one is released when it is the same for a while.

    A writer makes no promise to be done: size and time of change are all that can be seen.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _waiting: dict[Path, tuple[FileState | None, float]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no file is waited for."""
        return not self._waiting

    def touch(self, paths: Iterable[Path]) -> None:
        """Something happened to these."""
        now = self.clock()
        for path in paths:
            self._waiting[path] = (_state(path), now)

    def settled(self) -> list[Path]:
        """Those that are at rest, once each, in the order of their names; vanished ones are not."""
        now = self.clock()
        released = []
        for path, (state, since) in list(self._waiting.items()):
            current = _state(path)
            if current is None:
                del self._waiting[path]
            elif current != state:
                self._waiting[path] = (current, now)
            elif now - since >= self.seconds:
                del self._waiting[path]
                released.append(path)
        return sorted(released)


def _state(path: Path) -> FileState | None:
    try:
        return FileState.of(path.stat())
    except OSError:
        return None
