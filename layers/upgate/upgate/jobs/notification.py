"""Telling the business server that a job is over (protocol.md 9.3)."""

from __future__ import annotations

import json
from datetime import tzinfo

from upgate import limits
from upgate.callbacks.callback import CallbackRequest
from upgate.jobs import job_status
from upgate.jobs.job import Job

# Seconds before each repetition; after the last the job is `notify failed`. 900 is SQS's most.
RETRY_DELAYS = (5, 30, 120, 600, 900)


def build(job: Job, time_zone: tzinfo) -> CallbackRequest | None:
    """The POST that carries a job's status; None where nobody asked for it."""
    if not job.notify_url:
        return None
    return CallbackRequest(
        urls=(job.notify_url,),
        host=None,
        body=json.dumps(job_status.document(job, time_zone), ensure_ascii=False),
        content_type="application/json",
        delivery_id=f"notify-{job.job_id}",
        access_key=job.access_key,
        budget_seconds=limits.NOTIFY_BUDGET_SECONDS,
        is_notification=True,
    )
