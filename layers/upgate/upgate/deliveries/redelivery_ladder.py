"""The ladder of redeliveries: how long to wait before each of them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from upgate import limits
from upgate.deliveries.redelivery_queue import Redelivery

# What a wait may be longer by, so that a server that comes back does not get all at once.
_JITTER = 0.2
LONGEST_WAIT_SECONDS = limits.REDELIVERY_WAIT_SECONDS * (1 + _JITTER) + limits.CLOCK_SKEW_SECONDS
"""What lies between now and a message's time at most, its sender's clock being right."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """`waits` are the seconds before each redelivery, counted from the refusal before it."""

    waits: tuple[int, ...]

    def rung(self, upload_id: str, number: int) -> Redelivery | None:
        """The redelivery of this number (from 0), due from now on; None after the last."""
        if number >= len(self.waits):
            return None
        wait = self.waits[number] * (1 + random.uniform(0, _JITTER))  # noqa: S311 - no secret
        return Redelivery(upload_id, number, int(time.time() + wait))
