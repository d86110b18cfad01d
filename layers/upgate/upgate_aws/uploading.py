"""An `Uploader` over AWS, for every function that takes uploads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from upgate.deliveries.ledger import DynamoLedger
from upgate.deliveries.redelivery_ladder import Ladder
from upgate.deliveries.redelivery_queue import RedeliveryQueue
from upgate.objects import storage
from upgate.uploads.quota_store import DynamoQuotas
from upgate.uploads.upload import Uploader
from upgate.uploads.upload_ports import UploadPorts, UploadSettings
from upgate_aws import avinfo_invocation, callback_invocation, clients
from upgate_aws.config import UploadConfig
from upgate_aws.key_source import KeySource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def make_uploader(config: UploadConfig, s3: S3Client) -> Uploader:
    """One for all requests of a function; it connects to nothing yet."""
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
            ledger=DynamoLedger(clients.dynamodb, config.ledger_table),
            call_back=partial(
                callback_invocation.invoke, clients.invoker, config.callback_function
            ),
            find=partial(storage.find, s3),
            quotas=DynamoQuotas(clients.dynamodb, config.ledger_table),
            describe_media=partial(
                avinfo_invocation.invoke, clients.invoker, config.avinfo_function
            ),
            redeliver=partial(
                _redeliver,
                RedeliveryQueue(clients.sqs, config.redelivery_queue),
                Ladder(config.redelivery_waits),
            ),
        ),
    )


def _redeliver(queue: RedeliveryQueue, ladder: Ladder, upload_id: str) -> None:
    if (first := ladder.rung(upload_id, 0)) is not None:
        queue.send(first)
