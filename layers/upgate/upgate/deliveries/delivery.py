"""How far the delivery of an upload's callback is: its state, and every attempt that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.dynamo_item import Value, encode, number, text
from upgate.objects.held_object import Fate, HeldObject


class DeliveryState(StrEnum):
    """What an intent says of its callback."""

    OWED = "owed"
    ACCEPTED = "accepted"
    FAILED = "failed"
    """The last rung of the ladder was refused: only `upgate replay` sends it again.

    Of a held object (`commit: strict`): it was refused for good, and the object is gone.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One URL's turn, as the ledger keeps it: the host alone, since a query may hold secrets.

    `started_at` is in milliseconds since 1970. `status` 0 is no answer; an empty `error` means
    accepted.
    """

    started_at: int
    host: str
    status: int
    milliseconds: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The callback of one upload; `rung` counts the redeliveries that were made of it."""

    upload_id: str
    state: DeliveryState
    rung: int
    request: CallbackRequest
    attempts: tuple[DeliveryAttempt, ...]
    answer: bytes | None = None
    """What accepted it; None also where that was too long to be kept."""
    claimed_until: int = 0
    """In milliseconds since 1970."""
    held: HeldObject | None = None
    """`commit: strict`: what becomes visible once this is accepted."""
    fate: Fate | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will come of a held object."""
        return self.state is DeliveryState.FAILED or self.fate is not None


def attempts_of(outcome: CallbackOutcome, ended_at: int) -> list[DeliveryAttempt]:
    """The attempts of an outcome that ended at this millisecond: one followed the other."""
    attempts = []
    started_at = ended_at - sum(attempt.milliseconds for attempt in outcome.attempts)
    for attempt in outcome.attempts:
        attempts.append(
            DeliveryAttempt(
                started_at=started_at,
                host=urlsplit(attempt.url).hostname or "",
                status=attempt.status,
                milliseconds=attempt.milliseconds,
                error=attempt.error[: limits.DELIVERY_ERROR_CHARACTERS],
            )
        )
        started_at += attempt.milliseconds
    return attempts


def to_item(attempt: DeliveryAttempt) -> dict[str, Any]:
    """An attempt as an element of a list attribute."""
    values = {name: getattr(attempt, name) for name in DeliveryAttempt.__slots__}
    return {"M": encode(values)}


def from_item(upload_id: str, item: Mapping[str, Any]) -> Delivery | None:
    """The delivery that an intent's item tells of; None where no callback is owed."""
    if "callback" not in item or "delivery" not in item:
        return None
    return Delivery(
        upload_id=upload_id,
        state=DeliveryState(text(item, "delivery")),
        rung=number(item, "rung"),
        request=CallbackRequest.from_json(text(item, "callback")),
        attempts=tuple(_attempt(element["M"]) for element in item.get("history", {}).get("L", ())),
        answer=text(item, "answer").encode() or None,
        claimed_until=number(item, "claimed_until"),
        held=_held(upload_id, item),
        fate=Fate(text(item, "fate")) if "fate" in item else None,
    )


def held_attributes(held: HeldObject | None) -> dict[str, Value]:
    """What an item says of a held object; all None where there is none."""
    return {
        "hold_id": held.multipart_id if held else None,
        "hold_bucket": held.bucket if held else None,
        "hold_insert_only": int(held.insert_only) if held else None,
        "held_at": held.held_at if held else None,
    }


def _held(upload_id: str, item: Mapping[str, Any]) -> HeldObject | None:
    if "hold_id" not in item:
        return None
    return HeldObject(
        bucket=text(item, "hold_bucket"),
        key=text(item, "key"),
        etag=text(item, "etag"),
        upload_id=upload_id,
        insert_only=bool(number(item, "hold_insert_only")),
        multipart_id=text(item, "hold_id"),
        held_at=number(item, "held_at"),
    )


def _attempt(item: Mapping[str, Any]) -> DeliveryAttempt:
    return DeliveryAttempt(
        started_at=number(item, "started_at"),
        host=text(item, "host"),
        status=number(item, "status"),
        milliseconds=number(item, "milliseconds"),
        error=text(item, "error"),
    )
