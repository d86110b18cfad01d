"""The end of a held object: visible once its callback was accepted, gone once it was refused.

The ledger is written before S3 is asked, and says what is to be done: every step may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from upgate.deliveries.delivery import Delivery, DeliveryState
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.errors import StorageFailedError
from upgate.objects.held_object import Fate, HeldObject, HeldObjects

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeldDeliveries:
    """Works on deliveries whose object is held (`commit: strict`)."""

    deliveries: DeliveryStore
    objects: HeldObjects
    start_job: Callable[[str], None]
    """Begins what an upload owes beside its callback, by its id; see `JobStarter.start`."""

    def commit(self, held: HeldObject) -> Fate:
        """Make visible what was accepted; raises StorageFailedError, and is to be repeated."""
        fate = self.objects.complete(held)
        if fate is Fate.LOST:
            _log.error("upload %s was accepted and cannot become visible", held.upload_id)
        if fate is Fate.THERE:
            self.start_job(held.upload_id)
        try:
            self.deliveries.mark(held.upload_id, fate)
        except StorageFailedError:
            # A message of the redelivery queue follows every held upload, and does this again.
            _log.warning("upload %s not marked as %s", held.upload_id, fate, exc_info=True)
        return fate

    def settle(self, delivery: Delivery) -> bool:
        """Do what a decided delivery still wants done; False: it is not decided.

        Raises:
            StorageFailedError: it is to be done again.
        """
        if delivery.held is None or delivery.fate is not None:
            return delivery.fate is not None
        if delivery.state is DeliveryState.ACCEPTED:
            self.commit(delivery.held)
        elif delivery.state is DeliveryState.FAILED:
            self.objects.abort(delivery.held)
        return delivery.state is not DeliveryState.OWED
