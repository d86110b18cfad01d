"""Drains the redelivery queue: callbacks that no business server has accepted yet.

A function of its own, so that `callback`, which talks to strangers, needs no right to the ledger.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from upgate.deliveries import redelivery_queue
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.held_delivery import HeldDeliveries
from upgate.deliveries.ledger import DynamoLedger
from upgate.deliveries.redelivery import Redeliverer, RedeliveryPorts
from upgate.deliveries.redelivery_ladder import Ladder
from upgate.deliveries.redelivery_queue import RedeliveryQueue
from upgate.jobs.job_start import JobStarter
from upgate.jobs.job_store import JobStore
from upgate.jobs.ops_queue import SqsOpsQueue
from upgate.objects.held_object import HeldObjects
from upgate_aws import callback_invocation, clients, message_outcomes, queue_batch
from upgate_aws.config.redelivery_config import redelivery_config
from upgate_aws.queue_batch import MessageEnd

CONFIG = redelivery_config(os.environ)
DELIVERIES = DeliveryStore(clients.dynamodb, CONFIG.ledger_table)
STARTER = JobStarter(
    DynamoLedger(clients.dynamodb, CONFIG.ledger_table),
    JobStore(clients.dynamodb, CONFIG.ledger_table),
    SqsOpsQueue(clients.sqs, CONFIG.ops_queue),
)
REDELIVERER = Redeliverer(
    Ladder(CONFIG.waits),
    RedeliveryPorts(
        deliveries=DELIVERIES,
        queue=RedeliveryQueue(clients.sqs, CONFIG.queue),
        dead_letters=RedeliveryQueue(clients.sqs, CONFIG.dead_letters),
        call_back=partial(callback_invocation.invoke, clients.invoker, CONFIG.callback_function),
        held=HeldDeliveries(DELIVERIES, HeldObjects(clients.s3), STARTER.start),
    ),
)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """An SQS event in, the messages that are to come again out (ReportBatchItemFailures)."""
    return queue_batch.work(event, _carry, clients.sqs, CONFIG.queue)


def _carry(text: str) -> MessageEnd:
    message = redelivery_queue.decode(text)
    end = REDELIVERER.handle(message)
    return MessageEnd(str(end), message.upload_id, message_outcomes.of_redelivery(end))
