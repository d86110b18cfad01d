"""Drains the queue of S3's events: sees that what an object's upload owes is done."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from upgate.deliveries.ledger import DynamoLedger
from upgate.deliveries.redelivery_queue import RedeliveryQueue
from upgate.jobs import object_created
from upgate.jobs.job_start import JobStarter
from upgate.jobs.job_store import JobStore
from upgate.jobs.object_debts import ObjectDebts
from upgate.jobs.ops_queue import SqsOpsQueue
from upgate.jobs.work_end import WorkEnd
from upgate.objects import source_object
from upgate_aws import clients, queue_batch
from upgate_aws.config.events_config import events_config
from upgate_aws.queue_batch import MessageEnd

CONFIG = events_config(os.environ)
LEDGER = DynamoLedger(clients.dynamodb, CONFIG.ledger_table)
DEBTS = ObjectDebts(
    find=partial(source_object.find, clients.thin_s3()),
    ledger=LEDGER,
    starter=JobStarter(
        LEDGER,
        JobStore(clients.dynamodb, CONFIG.ledger_table),
        SqsOpsQueue(clients.sqs, CONFIG.ops_queue),
    ),
    redeliveries=RedeliveryQueue(clients.sqs, CONFIG.redelivery_queue),
)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """An SQS event in, the messages that are to come again out (ReportBatchItemFailures)."""
    return queue_batch.work(event, _carry, clients.sqs, CONFIG.event_queue)


def _carry(text: str) -> MessageEnd:
    ends = [DEBTS.see_to(made) for made in object_created.decode(text)]
    return MessageEnd(str(ends[-1] if ends else WorkEnd.NOTHING))
