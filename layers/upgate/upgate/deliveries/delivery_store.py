"""Deliveries in the ledger: beside the intent, in its item (pk `upload#<id>`, sk `intent`).

`delivery` is the state, `rung` and `claimed_until` belong to redelivery, `history` has a map for
each attempt. What is accepted stays so, whoever writes later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from upgate.callbacks.callback import CallbackOutcome
from upgate.deliveries import claims, delivery
from upgate.deliveries.delivery import Delivery, DeliveryState
from upgate.deliveries.table_items import ItemFullError
from upgate.deliveries.upload_item import UploadItems
from upgate.dynamo_item import encode
from upgate.objects.held_object import Fate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# An accepted answer is kept for an upload that is repeated; an item holds 400 KB.
KEPT_ANSWER_BYTES = 256 * 1024
_OWED, _ACCEPTED = str(DeliveryState.OWED), str(DeliveryState.ACCEPTED)


class DeliveryStore:
    """Reads and writes deliveries; whatever fails in between is a StorageFailedError."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str) -> None:
        self._items = UploadItems(client, table)

    def read(self, upload_id: str) -> Delivery | None:
        """An upload's delivery; None if it owes no callback, or is long past."""
        return delivery.from_item(upload_id, self._items.read(upload_id))

    def claim(self, upload_id: str, rung: int, now: int, until: int) -> bool:
        """Take a delivery for oneself until `until` (both in milliseconds).

        False: not owed any more, claimed by another, or another made this rung's attempt already.
        """
        condition = (
            "delivery = :owed AND (attribute_not_exists(rung) OR rung <= :rung)"
            f" AND {claims.IS_FREE}"
        )
        values = encode({":owed": _OWED, ":rung": rung, ":until": until}) | claims.moments(now)
        return self._items.update(
            upload_id, "SET claimed_until = :until", values, condition=condition
        )

    def record(self, upload_id: str, outcome: CallbackOutcome, *, is_final: bool = False) -> bool:
        """Write how a callback went: accepted, with the answer to give again, or still owed.

        With `is_final` one that was not accepted has failed, and is not asked for again. False
        where another call of the upload was accepted.
        """
        more = ", claimed_until = :free"
        if not outcome.accepted:
            state = DeliveryState.FAILED if is_final else DeliveryState.OWED
            condition = "delivery <> :accepted"
            values = encode({":accepted": _ACCEPTED, ":free": 0})
            return self._record(upload_id, outcome, state, more, condition, values)
        answer = _kept(outcome.body)
        if answer is not None:
            more += ", answer = :answer"
        values = encode({":answer": answer, ":free": 0})
        return self._record(upload_id, outcome, DeliveryState.ACCEPTED, more, None, values)

    def mark(self, upload_id: str, fate: Fate) -> None:
        """Write what became of a held object: that it was accepted is said with it."""
        self._items.update(
            upload_id,
            "SET fate = :fate, delivery = :accepted",
            encode({":fate": str(fate), ":accepted": _ACCEPTED}),
            condition="attribute_exists(pk)",
        )

    def release(self, upload_id: str) -> None:
        """End the claim of an upload that stored nothing."""
        self._items.update(
            upload_id,
            "SET claimed_until = :free",
            encode({":free": 0}),
            condition="attribute_exists(pk)",
        )

    def record_refusal(
        self, upload_id: str, outcome: CallbackOutcome, *, rung: int, claim: int, is_last: bool
    ) -> bool:
        """Write that a redelivery was refused, and end its claim.

        False, and nothing is written, when the claim is another's by now: the upload was repeated
        meanwhile, and owes a delivery of its own.
        """
        return self._record(
            upload_id,
            outcome,
            DeliveryState.FAILED if is_last else DeliveryState.OWED,
            ", rung = :rung, claimed_until = :free",
            "claimed_until = :claim AND delivery = :owed",
            encode({":rung": rung, ":claim": claim, ":free": 0, ":owed": _OWED}),
        )

    def reopen(self, upload_id: str) -> bool:
        """Have a delivery begin at the foot of the ladder again, once its message is sent.

        False for one that was accepted, or not even tried: its object may never have been stored;
        and for one that failed with a held object, which is gone.
        """
        return self._items.update(
            upload_id,
            "SET delivery = :owed REMOVE rung",
            encode({":owed": _OWED, ":failed": str(DeliveryState.FAILED), ":none": 0}),
            condition="(delivery = :failed AND attribute_not_exists(hold_id))"
            " OR (delivery = :owed AND attempts > :none)",
        )

    def _record(
        self,
        upload_id: str,
        outcome: CallbackOutcome,
        state: DeliveryState,
        more: str,
        condition: str | None,
        values: dict[str, Any],
    ) -> bool:
        attempts = delivery.attempts_of(outcome, round(time.time() * 1000))
        bound = values | encode({":state": str(state), ":count": len(attempts)})
        bound[":history"] = {"L": [delivery.to_item(attempt) for attempt in attempts]}
        set_state = f"SET delivery = :state{more}, history = "
        try:
            return self._items.update(
                upload_id,
                f"{set_state}list_append(if_not_exists(history, :none), :history)"
                " ADD attempts :count",
                bound | {":none": {"L": []}},
                condition=condition,
            )
        except ItemFullError:
            # A client may repeat as often as it likes: the state is worth more than the history.
            return self._items.update(
                upload_id, f"{set_state}:history ADD attempts :count", bound, condition=condition
            )


def _kept(answer: bytes) -> str | None:
    """An accepted answer as the item keeps it; None if it cannot be given back byte for byte."""
    if len(answer) > KEPT_ANSWER_BYTES:
        return None
    try:
        return answer.decode()
    except UnicodeDecodeError:
        return None
