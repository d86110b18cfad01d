"""What an upload owes, as it proceeds: promised, claimed, told, or given back.

After the object is stored nothing here may change the answer: a ledger that fails is logged, and
the object's own event finds what is still owed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.deliveries import claims
from upgate.deliveries.ledger import Ledger, UploadIntent
from upgate.errors import UpgateError

_log = logging.getLogger(__name__)


class Promises:
    """The ledger as an upload sees it."""

    def __init__(self, ledger: Ledger, redeliver: Callable[[str], None] | None) -> None:
        self._ledger = ledger
        self._redeliver_one = redeliver

    def record(self, intent: UploadIntent) -> bytes | None:
        """Write the intent as soon as no other call of the same upload is calling back."""
        return claims.outwait(lambda: self._ledger.record_intent(intent))

    def release(self, upload_id: str) -> None:
        """Nothing was stored, so whoever repeats this upload is not to wait for its callback."""
        try:
            self._ledger.release(upload_id)
        except UpgateError:
            _log.warning("claim of %s not released", upload_id, exc_info=True)

    def record_delivery(self, callback: CallbackRequest, outcome: CallbackOutcome) -> None:
        """Write how the call went; the answer to the client stands whatever comes of it."""
        try:
            self._ledger.record_delivery(callback.delivery_id, outcome)
        except UpgateError:
            # The call is made: the answer cannot change any more.
            _log.warning("delivery %s not recorded", callback.delivery_id, exc_info=True)

    def redeliver(self, callback: CallbackRequest) -> None:
        """Have a callback that failed made again."""
        if self._redeliver_one is None:
            return
        try:
            self._redeliver_one(callback.delivery_id)
        except UpgateError:
            # The object's own event finds what is owed as well.
            _log.warning("delivery %s not queued", callback.delivery_id, exc_info=True)
