"""What is owed for an upload, in DynamoDB: the intent before the object, the delivery after it.

One item per intent: pk `upload#<id>`, sk `intent`. A plain upload, which owes nothing, has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from upgate.callback import CallbackOutcome, CallbackRequest
from upgate.errors import StorageFailedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
    callback: CallbackRequest | None = None
    operations: str | None = None
    persistent_id: str | None = None
    notify_url: str | None = None
    pipeline: str | None = None


class Ledger(Protocol):
    """Where intents and deliveries are written down."""

    def record_intent(self, intent: UploadIntent) -> None:
        """Write the intent; StorageFailedError means that nothing may be stored now."""
        ...

    def record_delivery(self, upload_id: str, outcome: CallbackOutcome) -> None:
        """Write how the callback went; StorageFailedError leaves it to be delivered again."""
        ...


class DynamoLedger:
    """The ledger in one DynamoDB table (keys `pk` and `sk`, TTL attribute `expires_at`)."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        """`client` is asked for when the first upload owes something: most uploads never do."""
        self._client = client
        self._table = table

    def record_intent(self, intent: UploadIntent) -> None:
        """Write the intent, again for an upload that is repeated."""
        from botocore.exceptions import BotoCoreError, ClientError

        texts = {
            "reqid": intent.reqid,
            "bucket": intent.bucket,
            "key": intent.key,
            "etag": intent.etag,
            "callback": intent.callback.to_json() if intent.callback else None,
            "operations": intent.operations,
            "persistent_id": intent.persistent_id,
            "notify_url": intent.notify_url,
            "pipeline": intent.pipeline,
            "delivery": None if intent.callback is None else "owed",
        }
        try:
            self._client().put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": f"upload#{intent.upload_id}"},
                    "sk": {"S": "intent"},
                    "created_at": {"N": str(intent.created_at)},
                    "expires_at": {"N": str(intent.created_at + INTENT_LIFETIME_SECONDS)},
                    **{name: {"S": text} for name, text in texts.items() if text is not None},
                },
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageFailedError from error

    def record_delivery(self, upload_id: str, outcome: CallbackOutcome) -> None:
        """Mark the delivery as accepted, or as still owed."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": f"upload#{upload_id}"}, "sk": {"S": "intent"}},
                UpdateExpression="SET delivery = :delivery ADD attempts :attempts",
                ExpressionAttributeValues={
                    ":delivery": {"S": "accepted" if outcome.accepted else "owed"},
                    ":attempts": {"N": str(len(outcome.attempts))},
                },
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageFailedError from error
