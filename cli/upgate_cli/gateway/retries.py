"""What is worth sending again, and after how long (protocol.md 10.2)."""

from __future__ import annotations

import random
from collections.abc import Iterator

from upgate_cli.gateway.answer import Answer

ATTEMPTS = 5
_FIRST_WAIT_SECONDS = 0.4

# 500 and above that will not change by themselves; 579 is even a success but for the callback.
_FINAL = frozenset((501, 509, 573, 579, 608, 612, 614, 616, 618, 630, 631, 632, 640, 701))
_DAMAGED_ON_ITS_WAY = 406
_TOO_MANY = 429


def is_worth_repeating(answer: Answer) -> bool:
    """Whether the same request may be answered otherwise next time."""
    if answer.code == _TOO_MANY:
        # The front door asks for a pause, and has taken nothing; the gateway says "tomorrow".
        return not answer.is_gateway
    if answer.code == _DAMAGED_ON_ITS_WAY:
        return True
    return answer.code >= 500 and answer.code not in _FINAL


def waits() -> Iterator[float]:
    """Seconds before each attempt after the first: twice as long each time, and not in step."""
    wait = _FIRST_WAIT_SECONDS
    for _ in range(ATTEMPTS - 1):
        yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - a pause, not a secret
        wait *= 2
