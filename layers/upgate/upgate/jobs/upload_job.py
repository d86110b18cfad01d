"""The job that an upload owes: made of its intent, by the first of its events to arrive."""

from __future__ import annotations

import time
from dataclasses import replace

from upgate import limits
from upgate.deliveries.ledger import UploadIntent
from upgate.errors import BadFopError
from upgate.fops import fop
from upgate.jobs.job import Code, Item, Job


def of(intent: UploadIntent) -> Job | None:
    """The job of an upload, all of it waiting; None for an upload without operations."""
    if not intent.operations or not intent.persistent_id:
        return None
    return Job(
        job_id=intent.persistent_id,
        reqid=intent.reqid,
        bucket=intent.bucket,
        key=intent.key,
        etag=intent.etag,
        created_at=intent.created_at,
        access_key=intent.access_key,
        notify_url=intent.notify_url,
        pipeline=intent.pipeline,
        kind=intent.job_kind,
        items=items_of(intent.operations),
    )


def items_of(operations: str) -> tuple[Item, ...]:
    """The commands of a list, not parsed yet: a bad one is to fail alone."""
    try:
        pipes = fop.split_job(operations)
    except BadFopError as error:
        shown = operations[: limits.FOP_ERROR_CHARACTERS]
        return (Item(number=0, text=shown, code=Code.FAILED, error=error.message),)
    return tuple(Item(number=number, text=text) for number, text in enumerate(pipes))


def aged(waiting: Job) -> Job:
    """A job that nothing has begun; too old, it has failed.

    Its object was overwritten before the event came, or was never stored.
    """
    if time.time() - waiting.created_at <= limits.JOB_WAITING_SECONDS:
        return waiting
    error = "the file was replaced before this began, or never stored"
    items = (replace(item, code=Code.FAILED, error=error) for item in waiting.items)
    return replace(waiting, items=tuple(items))
