"""What is owed for an upload, in DynamoDB: the intent before the object, the delivery after it.

One item per intent: pk `upload#<id>`, sk `intent`. A plain upload, which owes nothing, has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.deliveries.delivery import DeliveryState
from upgate.deliveries.delivery_store import DeliveryStore, item_key
from upgate.dynamo_item import number, text
from upgate.errors import DeliveryUnderWayError, StorageFailedError
from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

INTENT_LIFETIME_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadIntent:
    """What was promised before the object was stored."""

    upload_id: str
    reqid: str
    bucket: str
    key: str
    etag: str
    created_at: int
    access_key: str = ""
    """The pair that signed the upload token."""
    callback: CallbackRequest | None = None
    operations: str | None = None
    persistent_id: str | None = None
    notify_url: str | None = None
    pipeline: str | None = None
    job_kind: int = 0
    """`persistentType`."""
    delivery: DeliveryState | None = None
    """As read: how far the callback is; None where there is none."""


class Ledger(Protocol):
    """Where intents and deliveries are written down."""

    def record_intent(self, intent: UploadIntent) -> bytes | None:
        """Write the intent; StorageFailedError means that nothing may be stored now.

        An upload that is repeated after its callback was accepted gets that callback's answer
        back, and nothing is written.
        """
        ...

    def record_delivery(self, upload_id: str, outcome: CallbackOutcome) -> None:
        """Write how the callback went; StorageFailedError leaves it to be delivered again."""
        ...

    def release(self, upload_id: str) -> None:
        """Let a repetition try at once; StorageFailedError leaves it to wait."""
        ...


class DynamoLedger:
    """The ledger in one DynamoDB table (keys `pk` and `sk`, TTL attribute `expires_at`)."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        """`client` is asked for when the first upload owes something: most uploads never do."""
        self._client = client
        self._table = table

    def record_intent(self, intent: UploadIntent) -> bytes | None:
        """Write the intent, again for a repeated upload that no callback was accepted for.

        The callback is this call's for limits.DELIVERY_CLAIM_SECONDS, or until its outcome is
        recorded: whoever repeats the upload meanwhile gets DeliveryUnderWayError.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        now = round(time.time() * 1000)
        texts = {
            "reqid": intent.reqid,
            "bucket": intent.bucket,
            "key": intent.key,
            "etag": intent.etag,
            "access_key": intent.access_key,
            "callback": intent.callback.to_json() if intent.callback else None,
            "operations": intent.operations,
            "persistent_id": intent.persistent_id,
            "notify_url": intent.notify_url,
            "pipeline": intent.pipeline,
            "delivery": None if intent.callback is None else str(DeliveryState.OWED),
        }
        try:
            self._client().put_item(
                TableName=self._table,
                Item={
                    **item_key(intent.upload_id),
                    "created_at": {"N": str(intent.created_at)},
                    "expires_at": {"N": str(intent.created_at + INTENT_LIFETIME_SECONDS)},
                    "job_kind": {"N": str(intent.job_kind)},
                    **{name: {"S": value} for name, value in texts.items() if value is not None},
                    **_claim(intent, now),
                },
                ConditionExpression=(
                    "attribute_not_exists(answer)"
                    " AND (attribute_not_exists(claimed_until) OR claimed_until < :now)"
                ),
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise StorageFailedError from error
            return self._kept_answer(intent.upload_id)
        except BotoCoreError as error:
            raise StorageFailedError from error
        return None

    def read_intent(self, upload_id: str) -> UploadIntent | None:
        """What an upload promised, but for its callback; None for one that owes nothing."""
        item = self._item(upload_id)
        if not item:
            return None
        return UploadIntent(
            upload_id=upload_id,
            reqid=text(item, "reqid"),
            bucket=text(item, "bucket"),
            key=text(item, "key"),
            etag=text(item, "etag"),
            created_at=number(item, "created_at"),
            access_key=text(item, "access_key"),
            operations=text(item, "operations") or None,
            persistent_id=text(item, "persistent_id") or None,
            notify_url=text(item, "notify_url") or None,
            pipeline=text(item, "pipeline") or None,
            job_kind=number(item, "job_kind"),
            delivery=DeliveryState(text(item, "delivery")) if "delivery" in item else None,
        )

    def release(self, upload_id: str) -> None:
        """Give the callback free: the object was not stored, and nobody is to wait for it."""
        DeliveryStore(self._client, self._table).release(upload_id)

    def _kept_answer(self, upload_id: str) -> bytes:
        answer: str | None = self._item(upload_id).get("answer", {}).get("S")
        if answer is None:
            raise DeliveryUnderWayError
        return answer.encode()

    def _item(self, upload_id: str) -> Mapping[str, Any]:
        """The upload's item as it is now; empty where there is none."""
        with storage.failures():
            found = self._client().get_item(
                TableName=self._table, Key=item_key(upload_id), ConsistentRead=True
            )
        return found.get("Item", {})

    def record_delivery(self, upload_id: str, outcome: CallbackOutcome) -> None:
        """Mark the delivery as accepted, with the answer to give again, or as still owed."""
        DeliveryStore(self._client, self._table).record(upload_id, outcome)


def _claim(intent: UploadIntent, now: int) -> dict[str, AttributeValueTypeDef]:
    if intent.callback is None:
        return {}
    return {"claimed_until": {"N": str(now + round(limits.DELIVERY_CLAIM_SECONDS * 1000))}}
