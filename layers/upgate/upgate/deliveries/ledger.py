"""What is owed for an upload, in DynamoDB: the intent before the object, the delivery after it.

One item per intent: pk `upload#<id>`, sk `intent`. A plain upload, which owes nothing, has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.deliveries import claims
from upgate.deliveries.delivery import DeliveryState, held_attributes
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.upload_item import UploadItems
from upgate.dynamo_item import Value, encode, number, text
from upgate.errors import DeliveryUnderWayError
from upgate.objects.held_object import Fate, HeldObject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INTENT_LIFETIME_SECONDS = 30 * 24 * 3600
# An accepted upload stays as it is, even if its answer was too long to be kept.
_UNDECIDED = "(attribute_not_exists(delivery) OR delivery <> :accepted OR fate = :lost)"


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
    held: HeldObject | None = None
    """`commit: strict`: the object that waits for the callback. Not read back."""
    delivery: DeliveryState | None = None
    """As read: how far the callback is; None where there is none."""

    @property
    def claim_seconds(self) -> float | None:
        """How long nobody else may call back; None without a callback.

        Of a held object it outlasts the function: no two may ask what becomes of it.
        """
        if self.callback is None:
            return None
        return limits.DELIVERY_CLAIM_SECONDS if self.held is None else limits.UNREPORTED_SECONDS


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
        self._items = UploadItems(client, table)
        self._deliveries = DeliveryStore(client, table)

    def record_intent(self, intent: UploadIntent) -> bytes | None:
        """Write the intent, again for a repeated upload that no callback was accepted for.

        The callback is this call's for its claim, or until its outcome is recorded: whoever
        repeats the upload meanwhile gets DeliveryUnderWayError.
        """
        now = round(time.time() * 1000)
        claim = intent.claim_seconds
        until = None if claim is None else now + round(claim * 1000)
        attributes = encode(_attributes(intent) | {"claimed_until": until})
        removed = ["rung", "fate", *(held_attributes(None).keys() - attributes.keys())]
        condition = "attribute_not_exists(answer)"
        values = {f":{name}": value for name, value in attributes.items()} | claims.moments(now)
        if intent.held is not None:
            removed.append("answer")
            condition = _UNDECIDED
            values |= encode({":accepted": str(DeliveryState.ACCEPTED), ":lost": str(Fate.LOST)})
        names = {f"#{name}": name for name in attributes}
        is_written = self._items.update(
            intent.upload_id,
            # Not PutItem: what earlier calls of this upload tried stays in `history`.
            "SET "
            + ", ".join(f"#{name} = :{name}" for name in attributes)
            + f" REMOVE {', '.join(removed)}",
            values,
            # One's own claim is there where the answer to this very request was lost.
            condition=f"{condition} AND ({claims.IS_FREE} OR #reqid = :reqid)",
            names=names,
        )
        return None if is_written else self._kept_answer(intent.upload_id)

    def read_intent(self, upload_id: str) -> UploadIntent | None:
        """What an upload promised, but for its callback; None for one that owes nothing."""
        item = self._items.read(upload_id)
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
        self._deliveries.release(upload_id)

    def _kept_answer(self, upload_id: str) -> bytes:
        answer: str | None = self._items.read(upload_id).get("answer", {}).get("S")
        if answer is None:
            raise DeliveryUnderWayError
        return answer.encode()

    def record_delivery(self, upload_id: str, outcome: CallbackOutcome) -> None:
        """Mark the delivery as accepted, with the answer to give again, or as still owed."""
        self._deliveries.record(upload_id, outcome)


def _attributes(intent: UploadIntent) -> dict[str, Value]:
    """What the item says of the upload, whichever call of it writes."""
    return {
        "reqid": intent.reqid,
        "bucket": intent.bucket,
        "key": intent.key,
        "etag": intent.etag,
        "created_at": intent.created_at,
        "expires_at": intent.created_at + INTENT_LIFETIME_SECONDS,
        "access_key": intent.access_key,
        "callback": intent.callback.to_json() if intent.callback else None,
        "operations": intent.operations,
        "persistent_id": intent.persistent_id,
        "notify_url": intent.notify_url,
        "pipeline": intent.pipeline,
        "job_kind": intent.job_kind,
        "delivery": None if intent.callback is None else str(DeliveryState.OWED),
        **held_attributes(intent.held),
    }
