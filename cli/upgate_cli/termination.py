"""How a command that runs until Ctrl-C is ended by others."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn


def end_on_sigterm() -> None:
    """Let SIGTERM do what Ctrl-C does: a service manager's way to end it is as good."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
