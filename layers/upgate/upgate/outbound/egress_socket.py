"""A socket with one deadline for everything, for `http.client` to read and write through.

A socket's own timeout starts anew with every read, so a peer that drips one byte a second would
hold the function for as long as it likes. Here every call gets what is left of the one deadline.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable

from upgate.outbound.egress_errors import EgressAnswerTooLargeError, EgressTimeoutError

_BUFFER_BYTES = 16 * 1024

type Clock = Callable[[], float]


class Deadline:
    """A moment on a monotonic clock, and the stage that is under way: a timeout names it."""

    __slots__ = ("_at", "_clock", "stage")

    def __init__(self, timeout_seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._at = clock() + timeout_seconds
        self.stage = "start"

    def remaining_seconds(self) -> float:
        """What is left, always above zero.

        Raises:
            EgressTimeoutError: nothing is left.
        """
        seconds = self._at - self._clock()
        if seconds <= 0:
            raise self.passed()
        return seconds

    def passed(self) -> EgressTimeoutError:
        """The error to raise when a call has run into the deadline."""
        return EgressTimeoutError(f"{self.stage}: i/o timeout")


class DeadlineSocket(io.RawIOBase):
    """The part of a connected socket that `http.client` uses; does not own the socket."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._allowed_bytes = 0
        self.has_ended = False
        """Whether the peer was found to send no more."""

    def allow(self, count: int) -> None:
        """Set how many bytes may be received from now on."""
        self._allowed_bytes = count

    def makefile(self, mode: str) -> io.BufferedReader:
        """The reading side, as `http.client` asks for it."""
        return io.BufferedReader(self, _BUFFER_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Receive once, within the deadline and the allowance."""
        if not self._allowed_bytes:
            raise EgressAnswerTooLargeError(f"{self._deadline.stage}: too many bytes")
        self._connection.settimeout(self._deadline.remaining_seconds())
        received = self._connection.recv_into(buffer[: self._allowed_bytes])
        self._allowed_bytes -= received
        self.has_ended = not received
        return received

    def sendall(self, data: bytes) -> None:
        """Send everything; `socket.sendall` over TLS would start its timeout anew per record."""
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(self._deadline.remaining_seconds())
            rest = rest[self._connection.send(rest) :]

    def close(self) -> None:
        """Do nothing: whoever opened the connection closes it."""
