"""Around whatever reads a client's file: what nobody foresaw in it is the file's own fault."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from upgate.errors import DamagedSourceError

# What readers raise for contents: numbers that are none, places beyond an end, too much memory.
# Not OSError, which is the machine's own affair, nor what only a slip in the code raises.
_UNFORESEEN = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    ValueError,
    struct.error,
    zlib.error,
)


@contextmanager
def read_safely() -> Iterator[None]:
    """Turn what a reader did not foresee into a DamagedSourceError, whose cause the log tells.

    Otherwise one odd file would be a fault of the gateway: 599, an alarm, a job without an end.
    """
    try:
        yield
    except _UNFORESEEN as error:
        raise DamagedSourceError from error
