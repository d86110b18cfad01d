"""How far the delivery of an upload's callback is: its state, and every attempt that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.dynamo_item import encode, number, text


class DeliveryState(StrEnum):
    """What an intent says of its callback."""

    OWED = "owed"
    ACCEPTED = "accepted"
    FAILED = "failed"
    """The last rung of the ladder was refused: only `upgate replay` sends it again."""


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
    )


def _attempt(item: Mapping[str, Any]) -> DeliveryAttempt:
    return DeliveryAttempt(
        started_at=number(item, "started_at"),
        host=text(item, "host"),
        status=number(item, "status"),
        milliseconds=number(item, "milliseconds"),
        error=text(item, "error"),
    )
