"""What can go wrong while the rig starts."""

from __future__ import annotations

from pathlib import Path


class StartError(Exception):
    """The rig cannot start; the message is one line that says what and what to do.

    `log` is the file that holds the details, when there is one: it outlives the rig.
    """

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log
