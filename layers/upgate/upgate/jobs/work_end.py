"""What became of a message of the operations' queues."""

from __future__ import annotations

from enum import StrEnum


class WorkEnd(StrEnum):
    """What became of one message."""

    NOTHING = "nothing"
    """Nothing was left to do."""
    CONTINUED = "continued"
    """The rest is another message's."""
    JOB_DONE = "job_done"
    JOB_FAILED = "job_failed"
    NOTIFIED = "notified"
    """Of a job that ended with an earlier message; accepted or not."""
    RESULT_MADE = "result_made"
    RESULT_FAILED = "result_failed"
