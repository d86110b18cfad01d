"""What an upload still owes once S3 has its object: the callback's report, and the job's start.

The safety net for callbacks of functions that have died. It makes nothing itself, so that no
event ever waits for a transcode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from upgate import limits
from upgate.deliveries.delivery import DeliveryState
from upgate.deliveries.ledger import DynamoLedger, UploadIntent
from upgate.deliveries.redelivery_queue import Redelivery, RedeliveryQueue
from upgate.jobs.job_start import JobStarter
from upgate.jobs.object_created import ObjectCreated
from upgate.jobs.work_end import WorkEnd
from upgate.objects.source_object import SourceObject


class Find(Protocol):
    """See `source_object.find`."""

    def __call__(
        self, s3_bucket: str, s3_name: str, version: str | None = None
    ) -> SourceObject | None:
        """An object as it is now, or one version of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDebts:
    """Works on S3's events; `starter` has jobs run."""

    find: Find
    ledger: DynamoLedger
    starter: JobStarter
    redeliveries: RedeliveryQueue

    def see_to(self, event: ObjectCreated) -> WorkEnd:
        """Have what is owed for an object done elsewhere; done twice it does no more than once.

        What counts is the upload that made this version, though another overwrote it since. In a
        bucket without versions it is the upload that the object is of now.

        Raises:
            StorageFailedError: something that may pass; the message is to come again.
        """
        found = self.find(event.s3_bucket, event.s3_name, event.version)
        if found is None or found.upload_id is None:
            return WorkEnd.NOTHING
        intent = self.ledger.read_intent(found.upload_id)
        if intent is None:
            return WorkEnd.NOTHING
        self._have_reported(intent)
        return WorkEnd.CONTINUED if self.starter.begin(intent) else WorkEnd.NOTHING

    def _have_reported(self, intent: UploadIntent) -> None:
        """See that a stored object's callback is made, even if the upload's function is dead.

        It may be at it just now: the message comes when no upload function can live any more.
        """
        if intent.delivery is DeliveryState.OWED:
            due_at = intent.created_at + limits.UNREPORTED_SECONDS
            self.redeliveries.send(Redelivery(intent.upload_id, 0, due_at))
