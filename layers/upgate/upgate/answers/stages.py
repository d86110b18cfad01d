"""True timings of the stages of one request: what `X-Log` says (protocol.md 10.3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stages:
    """Collects named durations in the order in which they first happened."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started = clock()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block, also when it raises; the same name twice adds up."""
        started = self._clock()
        try:
            yield
        finally:
            spent = self._clock() - started
            self._seconds[name] = self._seconds.get(name, 0.0) + spent

    def milliseconds(self) -> dict[str, int]:
        """Whole milliseconds by stage."""
        return {name: round(seconds * 1000) for name, seconds in self._seconds.items()}

    def elapsed_seconds(self) -> float:
        """Since this collector was made."""
        return self._clock() - self._started

    def header(self) -> str:
        """`parse:3;sniff:1;put:41`; never empty, since SDKs take a missing X-Log for a hijack."""
        total = round(self.elapsed_seconds() * 1000)
        return ";".join(f"{name}:{ms}" for name, ms in {**self.milliseconds(), "UP": total}.items())
