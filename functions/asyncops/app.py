"""Drains a queue of operations: jobs and notifications that are owed, or what downloads want.

The same code drains each in a function of its own, so that what is owed waits for nobody else's
work; with more processors it drains the heavy queue, where a stack has one (HeavyOps).
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from upgate.errors import DamagedSourceError
from upgate.fops.fop import Pipe
from upgate.fops.result_store import Result, ResultStore
from upgate.fops.saved_result import ResultSaver
from upgate.jobs import ops_message
from upgate.jobs.job_run import JobPorts, JobRunner
from upgate.jobs.job_store import JobStore
from upgate.jobs.ops_queue import SqsOpsQueue
from upgate.objects import source_object
from upgate.objects.source_object import SourceObject
from upgate_aws import (
    callback_invocation,
    clients,
    faults,
    file_fetching,
    message_outcomes,
    queue_batch,
)
from upgate_aws.config.asyncops_config import asyncops_config
from upgate_aws.log import logger
from upgate_aws.queue_batch import MessageEnd
from upgate_media.maker import Maker, MakerPorts
from upgate_media.media_limits import MIB, MediaLimits

CONFIG = asyncops_config(os.environ)
S3 = clients.s3()
# Source and result share the function's disk of 4 GB.
LIMITS = MediaLimits(source_bytes=2048 * MIB, output_bytes=1536 * MIB)
MAKER = Maker(
    MakerPorts(
        s3=S3,
        work_bucket=CONFIG.work_bucket,
        results=ResultStore(clients.dynamodb, CONFIG.ledger_table, CONFIG.result_days),
        fetch=partial(file_fetching.fetch, clients.invoker, CONFIG.callback_function),
        folder=Path("/tmp"),  # noqa: S108 - a function's own disk
        limits=LIMITS,
    )
)
_ends_at = 0.0


def seconds_left() -> float:
    """Until this invocation is ended."""
    return _ends_at - time.monotonic()


def make(source: SourceObject, pipe: Pipe, force: bool) -> tuple[Result, bool]:
    """With all the time that is left."""
    try:
        return MAKER.make(source, pipe, seconds_left(), force=force)
    except DamagedSourceError as error:
        logger.warning("source", fault=faults.describe(error))
        raise


RUNNER = JobRunner(
    JobPorts(
        buckets=CONFIG.buckets,
        find=partial(source_object.find, S3),
        jobs=JobStore(clients.dynamodb, CONFIG.ledger_table),
        queue=SqsOpsQueue(clients.sqs, CONFIG.ops_queue),
        make=make,
        saver=ResultSaver(clients.s3, CONFIG.work_bucket, CONFIG.buckets),
        call_back=partial(callback_invocation.invoke, clients.invoker, CONFIG.callback_function),
        seconds_left=seconds_left,
        time_zone=CONFIG.time_zone,
        heavy_queue=SqsOpsQueue(clients.sqs, CONFIG.heavy_queue) if CONFIG.heavy_queue else None,
    )
)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An SQS event in, the messages that are to come again out (ReportBatchItemFailures)."""
    global _ends_at
    _ends_at = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    return queue_batch.work(event, _carry, clients.sqs, CONFIG.ops_queue)


def _carry(text: str) -> MessageEnd:
    message = ops_message.decode(text)
    try:
        end = RUNNER.handle(message)
    finally:
        MAKER.forget_source()
    return MessageEnd(str(end), getattr(message, "job_id", None), message_outcomes.of_work(end))
