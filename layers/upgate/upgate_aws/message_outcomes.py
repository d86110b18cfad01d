"""How a message of a queue ended, in metrics; their names are in outcomes.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from upgate.deliveries.redelivery import RedeliveryEnd
from upgate.jobs.job_run import WorkEnd
from upgate_aws.emf import Metric

_REDELIVERY = {
    RedeliveryEnd.ACCEPTED: "RedeliveryAccepted",
    RedeliveryEnd.GIVEN_UP: "RedeliveryFailed",
}
_WORK = {WorkEnd.JOB_DONE: "JobDone", WorkEnd.JOB_FAILED: "JobFailed"}


def of_redelivery(end: RedeliveryEnd) -> tuple[Metric, ...]:
    """A refusal in between is counted by the callback function; here counts how it all ends."""
    return (Metric(_REDELIVERY[end]),) if end in _REDELIVERY else ()


def of_work(ends: Iterable[WorkEnd]) -> tuple[Metric, ...]:
    """Jobs that ended; most messages end none."""
    counted = Counter(_WORK[end] for end in ends if end in _WORK)
    return tuple(Metric(name, count) for name, count in counted.items())
