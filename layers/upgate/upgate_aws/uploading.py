"""An `Uploader` over AWS, for every function that takes uploads."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from upgate import limits
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.held_delivery import HeldDeliveries
from upgate.deliveries.ledger import DynamoLedger
from upgate.deliveries.name_reservation import NameReservations
from upgate.deliveries.redelivery_ladder import Ladder
from upgate.deliveries.redelivery_queue import Redelivery, RedeliveryQueue
from upgate.objects import storage
from upgate.objects.held_object import HeldObjects
from upgate.uploads.promises import Promises
from upgate.uploads.quota_store import DynamoQuotas
from upgate.uploads.strict_commit import StrictCommit, StrictPorts
from upgate.uploads.upload import Uploader
from upgate.uploads.upload_ports import UploadPorts, UploadSettings
from upgate_aws import avinfo_invocation, callback_invocation, clients
from upgate_aws.config.upload_config import UploadConfig
from upgate_aws.key_source import KeySource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def make_uploader(
    config: UploadConfig, s3: S3Client, holding_s3: Callable[[], S3Client]
) -> Uploader:
    """One for all requests of a function; it connects to nothing yet.

    `holding_s3` is for objects that are held: multipart uploads, which a thin client has not.
    """
    ledger = DynamoLedger(clients.dynamodb, config.ledger_table)
    deliveries = DeliveryStore(clients.dynamodb, config.ledger_table)
    queue = RedeliveryQueue(clients.sqs, config.redelivery_queue)
    redeliver = partial(_redeliver, queue, Ladder(config.redelivery_waits))
    call_back = partial(callback_invocation.invoke, clients.invoker, config.callback_function)
    find = partial(storage.find, s3)
    start_job = partial(_start_job, config, ledger)
    return Uploader(
        UploadSettings(
            buckets=config.buckets,
            time_zone=config.time_zone,
            redirect_status=config.redirect_status,
            deadline_required=config.deadline_required,
            callback_budget_seconds=config.callback_budget_seconds,
        ),
        UploadPorts(
            keys=KeySource(clients.secrets, config.keys_secret),
            ledger=ledger,
            call_back=call_back,
            find=find,
            strict=StrictCommit(
                StrictPorts(
                    promises=Promises(ledger, redeliver),
                    held=HeldDeliveries(deliveries, HeldObjects(holding_s3), start_job),
                    reservations=NameReservations(
                        clients.dynamodb, config.ledger_table, deliveries
                    ),
                    find=find,
                    call_back=call_back,
                    watch=partial(_watch, queue),
                )
            ),
            quotas=DynamoQuotas(clients.dynamodb, config.ledger_table),
            describe_media=partial(
                avinfo_invocation.invoke, clients.invoker, config.avinfo_function
            ),
            redeliver=redeliver,
            start_job=start_job,
        ),
    )


def _redeliver(queue: RedeliveryQueue, ladder: Ladder, upload_id: str) -> None:
    if (first := ladder.rung(upload_id, 0)) is not None:
        queue.send(first)


def _start_job(config: UploadConfig, ledger: DynamoLedger, upload_id: str) -> None:
    """So few uploads need it that no cold start is to import it."""
    from upgate.jobs.job_start import JobStarter
    from upgate.jobs.job_store import JobStore
    from upgate.jobs.ops_queue import SqsOpsQueue

    jobs = JobStore(clients.dynamodb, config.ledger_table)
    JobStarter(ledger, jobs, SqsOpsQueue(clients.sqs, config.ops_queue)).start(upload_id)


def _watch(queue: RedeliveryQueue, upload_id: str) -> None:
    queue.send(Redelivery(upload_id, 0, int(time.time()) + limits.UNREPORTED_SECONDS))
