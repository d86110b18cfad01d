"""What can become of one call to the outside, and of the function that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class KilledError(BaseException):
    """The invocation ends here and now; no handler of ours catches this."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one function, an attempt of its client's own being no call; from 0."""

    number: int
    function: str
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a call goes wrong.

    `status` is what is answered, 0 nothing; a lasting fault hits every attempt that the client
    makes of its own accord, any other the first alone. A killed function sees no answer.
    """

    is_carried_out: bool
    status: int = 0
    is_lasting: bool = True
    is_killed: bool = False


FAULTS: dict[str, Fault] = {
    "refused once": Fault(is_carried_out=False, status=500, is_lasting=False),
    "answer lost once": Fault(is_carried_out=True, is_lasting=False),
    "refused": Fault(is_carried_out=False, status=500),
    "lost": Fault(is_carried_out=False),
    "carried out and refused": Fault(is_carried_out=True, status=500),
    "carried out and its answer lost": Fault(is_carried_out=True),
    "killed before": Fault(is_carried_out=False, is_killed=True),
    "killed after": Fault(is_carried_out=True, is_killed=True),
}

type Plan = Callable[[Call], Fault | None]
"""Decides when a call begins; None lets it be."""


def no_fault(_: Call) -> Fault | None:
    """A clean run."""
    return None


@dataclass(slots=True)
class OneFault:
    """The call at `index` of one function goes wrong; `hit` is its operation, then."""

    function: str
    index: int
    fault: Fault
    hit: str = ""
    seen: int = 0

    def __call__(self, call: Call) -> Fault | None:
        if call.function != self.function:
            return None
        self.seen += 1
        if self.seen - 1 != self.index:
            return None
        self.hit = call.operation
        return self.fault
