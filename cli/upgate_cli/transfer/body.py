"""Bytes on their way out: counted, and stopped by Ctrl-C."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

from upgate_cli.errors import CancelledError

type Advance = Callable[[int], None]


class CountedBytes:
    """The body of one part. requests streams it, because it can be read and has a length."""

    def __init__(self, data: bytes, advance: Advance, cancelled: threading.Event) -> None:
        self._length = len(data)
        self._stream = io.BytesIO(data)  # shares the bytes, does not copy them
        self._advance = advance
        self._cancelled = cancelled

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            CancelledError: Ctrl-C.
        """
        if self._cancelled.is_set():
            raise CancelledError
        piece = self._stream.read(size)
        self._advance(len(piece))
        return piece


class Tally:
    """How much of one request was counted, so that a repetition is not counted twice."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._counted = 0

    def add(self, count: int) -> None:
        """Count bytes that went out."""
        self._counted += count
        self._advance(count)

    def set(self, counted: int) -> None:
        """Say how much went out in all."""
        self.add(counted - self._counted)

    def rewind(self) -> None:
        """Take it all back."""
        self.set(0)
