"""How a message of a queue ended, in metrics; their names are in outcomes.py."""

from __future__ import annotations

from upgate.deliveries.redelivery import RedeliveryEnd
from upgate.jobs.work_end import WorkEnd
from upgate_aws.emf import Metric

_REDELIVERY = {
    RedeliveryEnd.ACCEPTED: "RedeliveryAccepted",
    RedeliveryEnd.GIVEN_UP: "RedeliveryFailed",
}
_WORK = {WorkEnd.JOB_DONE: "JobDone", WorkEnd.JOB_FAILED: "JobFailed"}


def of_redelivery(end: RedeliveryEnd) -> tuple[Metric, ...]:
    """A refusal in between is counted by the callback function; here counts how it all ends."""
    return (Metric(_REDELIVERY[end]),) if end in _REDELIVERY else ()


def of_work(end: WorkEnd) -> tuple[Metric, ...]:
    """A job that ended; most messages end none."""
    return (Metric(_WORK[end]),) if end in _WORK else ()
