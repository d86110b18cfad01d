"""Beginning the job of an upload of whose object S3 tells nothing: its content was there already.

Insert-only, the same content of another upload is success and nothing is written, so that no event
begins what the upload owes.
"""

from __future__ import annotations

from dataclasses import dataclass

from upgate.deliveries.ledger import DynamoLedger, UploadIntent
from upgate.jobs import upload_job
from upgate.jobs.job_store import JobStore
from upgate.jobs.ops_message import RunJob
from upgate.jobs.ops_queue import OpsQueue


@dataclass(frozen=True, slots=True)
class JobStarter:
    """Begins jobs in place of S3's event; `queue` is where they are run."""

    ledger: DynamoLedger
    jobs: JobStore
    queue: OpsQueue

    def start(self, upload_id: str) -> None:
        """Have the operations run that an upload's intent tells of; done twice they run once.

        Raises:
            StorageFailedError: ledger or queue failed; it is to be done again.
        """
        if (intent := self.ledger.read_intent(upload_id)) is not None:
            self.begin(intent)

    def begin(self, intent: UploadIntent) -> bool:
        """The same of an intent that has been read; false where it tells of no operations."""
        job = upload_job.of(intent)
        if job is None:
            return False
        self.jobs.create(job)
        self.queue.send(RunJob(job.job_id))
        return True
