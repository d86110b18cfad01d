"""Delivering callbacks that were not accepted, until one is or the ladder ends (DESIGN).

At least once, always under the upload's own id. Messages may come twice, late and out of order:
the ledger decides, one worker at a time holds a delivery, and what was accepted is never sent
again by a message that comes after. A function that dies at any point is followed by the message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from upgate import limits
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.deliveries.delivery import Delivery, DeliveryState
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.held_delivery import HeldDeliveries
from upgate.deliveries.redelivery_ladder import LONGEST_WAIT_SECONDS, Ladder
from upgate.deliveries.redelivery_queue import Redelivery, RedeliveryQueue


class RedeliveryEnd(StrEnum):
    """What became of one message."""

    POSTPONED = "postponed"
    NOT_OWED = "not_owed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Refused once more: the next rung's message is under way."""
    DISCARDED = "discarded"
    """The business server refused an object that was held, so it is gone."""
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryPorts:
    """The outside world of a redelivery."""

    deliveries: DeliveryStore
    queue: RedeliveryQueue
    dead_letters: RedeliveryQueue
    call_back: Callable[[CallbackRequest], CallbackOutcome]
    held: HeldDeliveries


class Redeliverer:
    """Works on the messages of the redelivery queue; one instance serves a whole function."""

    def __init__(self, ladder: Ladder, ports: RedeliveryPorts) -> None:
        self._ladder = ladder
        self._ports = ports

    def handle(self, message: Redelivery) -> RedeliveryEnd:
        """Work on one message.

        Raises:
            StorageFailedError: ledger or queue failed; the message is to come again.
        """
        now = time.time()
        # Due later than any rung can be, it is from a wrong clock, and would wait for ever.
        if now < message.due_at <= now + LONGEST_WAIT_SECONDS:
            self._ports.queue.send(message)
            return RedeliveryEnd.POSTPONED
        delivery = self._ports.deliveries.read(message.upload_id)
        if delivery is None or self._ports.held.settle(delivery):
            return RedeliveryEnd.NOT_OWED
        if delivery.state is not DeliveryState.OWED:
            return RedeliveryEnd.NOT_OWED
        if message.rung < delivery.rung:  # a later rung's message is under way
            return RedeliveryEnd.NOT_OWED
        claim = int((now + limits.REDELIVERY_CLAIM_SECONDS) * 1000)
        if self._ports.deliveries.claim(message.upload_id, message.rung, int(now * 1000), claim):
            return self._deliver(message, delivery, claim)
        # Whoever holds it may die yet.
        due_at = int(now) + limits.REDELIVERY_CLAIM_SECONDS
        self._ports.queue.send(Redelivery(message.upload_id, message.rung, due_at))
        return RedeliveryEnd.POSTPONED

    def _deliver(self, message: Redelivery, delivery: Delivery, claim: int) -> RedeliveryEnd:
        outcome = self._ask(delivery)
        if outcome.accepted:
            self._ports.deliveries.record(message.upload_id, outcome)
            self._settle(delivery)
            return RedeliveryEnd.ACCEPTED
        # The message of the next rung first: nothing that is owed may be without one.
        following = self._following(message, delivery, outcome)
        end = RedeliveryEnd.REFUSED
        if following is not None:
            self._ports.queue.send(following)
        elif delivery.held is not None and outcome.is_refused:
            end = RedeliveryEnd.DISCARDED
        else:
            end = RedeliveryEnd.GIVEN_UP
            self._ports.dead_letters.send(message)
        self._ports.deliveries.record_refusal(
            message.upload_id,
            outcome,
            rung=message.rung + 1,
            claim=claim,
            is_last=following is None,
        )
        if following is None:
            self._settle(delivery)
        return end

    def _ask(self, delivery: Delivery) -> CallbackOutcome:
        """Call back, but for an object that can be held no longer: that ends unasked."""
        if delivery.held is None or time.time() < delivery.held.ends_at:
            return self._ports.call_back(delivery.request)
        return CallbackOutcome.of_failure(delivery.request, "held too long")

    def _following(
        self, message: Redelivery, delivery: Delivery, outcome: CallbackOutcome
    ) -> Redelivery | None:
        """The next rung, if there is one, and if it comes in time for a held object."""
        following = self._ladder.rung(message.upload_id, message.rung + 1)
        held = delivery.held
        if following is None or held is None:
            return following
        return None if outcome.is_refused or following.due_at >= held.ends_at else following

    def _settle(self, delivery: Delivery) -> None:
        """Bring a held object to the end that the ledger now says."""
        if delivery.held is None:
            return
        decided = self._ports.deliveries.read(delivery.upload_id)
        if decided is not None:
            self._ports.held.settle(decided)
