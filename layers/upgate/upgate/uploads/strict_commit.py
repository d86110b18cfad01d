"""`commit: strict`: the object becomes visible only after the business server accepted it.

Held in S3, promised in the ledger, asked about, and then completed or aborted. Killed at any step
it is followed by a message of the redelivery queue, which was sent before the promise: nothing is
visible that was not accepted, and what was accepted becomes visible.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from upgate.answers.stages import Stages
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome, CallbackRequest
from upgate.deliveries import claims
from upgate.deliveries.delivery import Delivery, DeliveryState
from upgate.deliveries.held_delivery import HeldDeliveries
from upgate.deliveries.ledger import UploadIntent
from upgate.deliveries.name_reservation import NameReservations
from upgate.errors import DeliveryUnderWayError, ObjectExistsError, StorageFailedError
from upgate.objects.held_object import Fate, HeldObject
from upgate.objects.storage import Destination, StoredObject
from upgate.objects.store import Store
from upgate.uploads.promises import Promises

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StrictUpload:
    """An upload whose templates are filled in; its intent has a callback."""

    destination: Destination
    intent: UploadIntent
    callback: CallbackRequest


class StrictCommitter(Protocol):
    """Carries out strict uploads, or pretends to."""

    def kept(self, upload: StrictUpload, stages: Stages) -> CallbackOutcome | None:
        """What accepted an earlier call of the same upload, once its object is visible.

        None where none was accepted yet.

        Raises:
            StorageFailedError: S3 or the ledger failed; the client may well ask again.
        """
        ...

    def carry_out(self, upload: StrictUpload, store: Store, stages: Stages) -> CallbackOutcome:
        """Hold, ask, and complete or abort.

        Raises:
            ObjectExistsError: insert-only, and another content is there or waits for its name.
            StorageFailedError: nothing is visible yet; the client may well send it again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictPorts:
    """The outside world of a strict upload, but for its content."""

    promises: Promises
    held: HeldDeliveries
    reservations: NameReservations
    find: Callable[[Destination], StoredObject | None]
    """What a destination holds now; see `storage.find`."""
    call_back: Callable[[CallbackRequest], CallbackOutcome]
    watch: Callable[[str], None]
    """Has an upload looked after when its function is dead; raises StorageFailedError."""


class StrictCommit:
    """Carries out strict uploads; one instance serves all requests of a function."""

    def __init__(self, ports: StrictPorts) -> None:
        self._ports = ports

    def kept(self, upload: StrictUpload, stages: Stages) -> CallbackOutcome | None:
        """See StrictCommitter."""
        with stages.stage("ledger"):
            found = claims.outwait(lambda: self._settled(upload.destination.upload_id))
        if found is None or found.state is not DeliveryState.ACCEPTED:
            return None
        fate = found.fate
        if found.held is not None and fate is None:
            with stages.stage("commit"):
                fate = self._ports.held.commit(found.held)
        # What was lost is held and asked about anew: the client has brought its content again.
        return None if fate is Fate.LOST else self._answer(found)

    def carry_out(self, upload: StrictUpload, store: Store, stages: Stages) -> CallbackOutcome:
        """See StrictCommitter."""
        with stages.stage("name"):
            self._take_name(upload.destination)
        with stages.stage("hold"):
            held = store.hold(upload.destination)
        with stages.stage("ledger"):
            is_promised = self._promise(upload.intent, held)
        if not is_promised:
            kept = self.kept(upload, stages)
            if kept is None:
                raise DeliveryUnderWayError
            return kept
        with stages.stage("cb"):
            outcome = self._ports.call_back(upload.callback)
        if not outcome.accepted:
            self._leave(upload, held, outcome)
            return outcome
        self._ports.promises.record_delivery(upload.callback, outcome)
        with stages.stage("commit"):
            fate = self._ports.held.commit(held)
        if fate is Fate.LOST:
            raise ObjectExistsError
        store.close(upload.destination)
        return outcome

    def _settled(self, upload_id: str) -> Delivery | None:
        """The upload's delivery, while no other call of it is calling back."""
        found = self._ports.held.deliveries.read(upload_id)
        if found is None or found.state is not DeliveryState.OWED:
            return found
        if claims.is_free(found.claimed_until, round(time.time() * 1000)):
            return found
        raise DeliveryUnderWayError

    def _answer(self, found: Delivery) -> CallbackOutcome:
        """What accepted it; asked for once more where it was too long to be kept."""
        if found.answer is None:
            return self._ports.call_back(found.request)
        attempt = CallbackAttempt(url=found.request.urls[0], status=200, error="", milliseconds=0)
        return CallbackOutcome(accepted=True, body=found.answer, attempts=(attempt,))

    def _take_name(self, destination: Destination) -> None:
        """Refuse early what could not become visible: nobody is to be asked about it."""
        if not destination.insert_only:
            return
        there = self._ports.find(destination)
        if there is None:
            self._ports.reservations.reserve(destination)
        elif there.etag != destination.etag:
            raise ObjectExistsError

    def _promise(self, intent: UploadIntent, held: HeldObject) -> bool:
        """Write the intent; False where another call of the upload was accepted meanwhile."""
        objects = self._ports.held.objects
        try:
            before = self._ports.held.deliveries.read(intent.upload_id)
            self._ports.watch(intent.upload_id)
        except StorageFailedError:
            objects.discard(held)
            raise
        try:
            answer = self._ports.promises.record(dataclasses.replace(intent, held=held))
        except DeliveryUnderWayError:
            objects.discard(held)
            raise
        # Any other failure leaves open whether the intent is written: the message will know, and
        # until then nothing that it may name is aborted.
        if answer is not None:
            objects.discard(held)
            return False
        if before is not None and before.held is not None and before.held != held:
            objects.discard(before.held)
        return True

    def _leave(self, upload: StrictUpload, held: HeldObject, outcome: CallbackOutcome) -> None:
        """After a callback that was not accepted: gone if it was refused, else asked again."""
        if not outcome.is_refused:
            self._ports.promises.record_delivery(upload.callback, outcome)
            self._ports.promises.redeliver(upload.callback)
            return
        upload_id = upload.destination.upload_id
        try:
            if not self._ports.held.deliveries.record(upload_id, outcome, is_final=True):
                return
            self._ports.held.objects.abort(held)
            if upload.destination.insert_only:
                self._ports.reservations.release(upload.destination)
        except StorageFailedError:
            # The message that follows every held upload does the rest.
            _log.warning("refused upload %s not cleared away", upload_id, exc_info=True)
