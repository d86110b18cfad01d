"""`upgate local` as a real process, for tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0  # the very first start downloads the emulator
END_SECONDS = 240.0  # a crowd leaves some forty unpacked functions behind to remove


@dataclass(slots=True)
class LocalProcess:
    """One run; `lines` fills up with what it prints, both streams together."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _reader: threading.Thread | None = None

    @classmethod
    def start(cls, *arguments: str, env: Mapping[str, str] | None = None) -> Self:
        """Start it with the installed entry point, as `uv run upgate local` does."""
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("upgate")), "local", *arguments],
            cwd=ROOT,
            env=os.environ | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        run = cls(process)
        run._reader = threading.Thread(target=run._read, daemon=True)
        run._reader.start()
        return run

    def wait_for(self, pattern: str, seconds: float = START_SECONDS) -> re.Match[str]:
        """Wait for a line that matches as a whole; fail with all that was printed otherwise."""
        with self._news:
            self._news.wait_for(lambda: self._find(pattern) or self._is_over(), seconds)
            found = self._find(pattern)
        assert found, f"no line {pattern!r} in:\n{self.output}"
        return found

    def value(self, name: str) -> str:
        """What stands behind `name` on a line of the summary."""
        return self.wait_for(rf"{name} (\S+)")[1]

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return "\n".join(self.lines)

    def end(self, number: int) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Wait for the end and return the exit status."""
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            assert self._reader is not None
            self._reader.join()
            assert self.process.stdout is not None
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _find(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.fullmatch(pattern, line) for line in self.lines)), None)

    def _is_over(self) -> bool:
        return self._reader is not None and not self._reader.is_alive()
