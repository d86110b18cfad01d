"""The operator's side of the ledger: what became of an upload, and deliveries sent again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from upgate.deliveries.delivery import DeliveryState
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.ledger import DynamoLedger
from upgate.deliveries.redelivery_queue import Redelivery, RedeliveryQueue
from upgate.errors import StorageFailedError
from upgate.jobs import job
from upgate.jobs.job_store import JobStore
from upgate.objects import storage
from upgate.objects.source_object import find
from upgate_cli.errors import CommandError
from upgate_cli.stack.upload_trace import ObjectState, Trace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

    from upgate_cli.stack.deployed import DeployedStack

_UPLOAD, _JOB = "upload#", "job#"


class LedgerTable:
    """Uploads and jobs by any of their names."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self._table = stack.output("LedgerTable")
        client: DynamoDBClient = stack.session.client("dynamodb")
        self._client = client
        self._deliveries = DeliveryStore(lambda: client, self._table)
        self._ledger = DynamoLedger(lambda: client, self._table)
        self._jobs = JobStore(lambda: client, self._table)

    def trace(self, name: str) -> list[Trace]:
        """All that a name stands for: an upload's id, a persistentId, or a request's X-Reqid.

        A request's id is looked for in the whole table, which has no index of it.
        """
        with _aws_errors():
            found = self._trace(name)
            if found is not None:
                return [found]
            names = self._scan("reqid = :reqid AND sk IN (:intent, :job)", reqid=name)
            # An upload's job belongs to the upload, which has the request's id as well.
            traces = [
                self._trace(item.partition("#")[2])
                for item in sorted(names)
                if not item.startswith(f"{_JOB}{job.UPLOAD_PREFIX}")
            ]
        return [trace for trace in traces if trace is not None]

    def failed(self) -> list[str]:
        """The ids of all uploads whose delivery was given up; it reads the whole table.

        Not of those that were held (`commit: strict`): their objects are gone.
        """
        with _aws_errors():
            found = self._scan(
                "delivery = :failed AND attribute_not_exists(hold_id) AND sk IN (:intent, :job)",
                failed=str(DeliveryState.FAILED),
            )
        return sorted(item.removeprefix(_UPLOAD) for item in found)

    def replay(self, upload_id: str) -> None:
        """Have a delivery made again, from now on and over the whole ladder.

        Raises:
            CommandError: there is nothing to send again.
        """
        client: SQSClient = self._stack.session.client("sqs")
        queue = RedeliveryQueue(lambda: client, self._stack.output("RedeliveryQueue"))
        with _aws_errors():
            if not self._deliveries.reopen(upload_id) and not self._is_unfinished(upload_id):
                raise CommandError(self._objection(upload_id))
            queue.send(Redelivery(upload_id, 0, int(time.time())))

    def _is_unfinished(self, upload_id: str) -> bool:
        """Whether it was accepted and its object is still held: the message makes it visible."""
        found = self._deliveries.read(upload_id)
        return (
            found is not None
            and found.held is not None
            and found.state is DeliveryState.ACCEPTED
            and not found.is_settled
        )

    def _objection(self, upload_id: str) -> str:
        delivery = self._deliveries.read(upload_id)
        if delivery is None:
            return f"no upload {upload_id} that owes a callback: `upgate trace` takes request ids"
        if delivery.state is DeliveryState.ACCEPTED:
            return f"the callback of {upload_id} was accepted: nothing was sent again"
        if delivery.state is DeliveryState.FAILED:
            return f"the callback of {upload_id} was refused and its object is gone (commit strict)"
        return f"the callback of {upload_id} was not tried yet: nothing was sent again"

    def _trace(self, name: str) -> Trace | None:
        upload_id = name.removeprefix(job.UPLOAD_PREFIX)
        intent = self._ledger.read_intent(upload_id)
        if intent is None:
            found = self._jobs.read(name)
            return Trace(job=found) if found else None
        return Trace(
            intent=intent,
            object=self._object(intent.key, upload_id),
            delivery=self._deliveries.read(upload_id),
            job=self._jobs.read(intent.persistent_id) if intent.persistent_id else None,
        )

    def _object(self, key: str, upload_id: str) -> ObjectState:
        bucket = self._stack.output("UploadBucket")
        found = find(self._stack.session.client("s3"), bucket, storage.object_name(key))
        if found is None:
            return ObjectState.MISSING
        return ObjectState.STORED if found.upload_id == upload_id else ObjectState.REPLACED

    def _scan(self, condition: str, **values: str) -> list[str]:
        """Partition keys of the intents and jobs for which a condition holds."""
        bound: dict[str, Any] = {f":{name}": {"S": value} for name, value in values.items()}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=condition,
            ExpressionAttributeValues=bound | {":intent": {"S": "intent"}, ":job": {"S": "job"}},
            ProjectionExpression="pk",
        )
        return [item["pk"]["S"] for page in pages for item in page["Items"]]


@contextmanager
def _aws_errors() -> Iterator[None]:
    """The rules' modules hide AWS's own words from clients; the operator is to read them."""
    try:
        yield
    except StorageFailedError as error:
        if error.__cause__ is None:
            raise
        raise error.__cause__ from None
