"""`X-Reqid`: 16 characters that tell when a request was answered (protocol.md 2.6)."""

from __future__ import annotations

import struct
import time

from upgate import encoding


def make(process_id: int, unix_nanoseconds: int | None = None) -> str:
    """URL-safe base64 of `uint32 LE process id || uint64 LE unix nanoseconds`."""
    now = time.time_ns() if unix_nanoseconds is None else unix_nanoseconds
    return encoding.encode(struct.pack("<IQ", process_id & 0xFFFF_FFFF, now))


def time_of(reqid: str) -> int:
    """The unix nanoseconds in an `X-Reqid`; raises ValueError when it is none."""
    data = encoding.decode(reqid)
    if len(data) != 12:
        raise ValueError("not an X-Reqid")
    nanoseconds: int = struct.unpack("<IQ", data)[1]
    return nanoseconds
