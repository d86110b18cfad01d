"""What a request came to, filled in while it is carried out: for the log line and the metrics."""

from __future__ import annotations

from dataclasses import dataclass

from upgate.errors import UpgateError


@dataclass(slots=True)
class RequestRecord:
    """What only the rules know; nothing here is of a client's own choice but the size."""

    bucket: str | None = None
    """Logical bucket that the request was allowed to use."""
    stored_bytes: int | None = None
    """Size of the object that was stored; None: none was."""
    is_repetition: bool = False
    """Whether an answer that was kept was given again."""
    refusal: UpgateError | None = None
    """What the client was refused with by a redirect, which has no status of its own for it."""
