"""What an upload works with: the operator's settings, the outside world, one request's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from upgate.answers.request_record import RequestRecord
from upgate.answers.stages import Stages
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.deliveries.ledger import Ledger
from upgate.objects.storage import Destination, StoredObject
from upgate.tokens.upload_token import KeyLookup
from upgate.uploads.quota import QuotaStore
from upgate.uploads.strict_commit import StrictCommitter
from upgate.variables.magic_variables import DescribeMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSettings:
    """What the operator decided for all uploads."""

    buckets: Mapping[str, str]
    """Logical bucket, as scopes name it, to S3 bucket."""
    time_zone: tzinfo
    redirect_status: int = 301
    deadline_required: bool = False
    callback_budget_seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class UploadPorts:
    """The outside world of an upload, but for the object itself."""

    keys: KeyLookup
    ledger: Ledger
    call_back: Callable[[CallbackRequest], CallbackOutcome]
    find: Callable[[Destination], StoredObject | None]
    """What a destination holds now; see `storage.find`."""
    quotas: QuotaStore
    strict: StrictCommitter
    start_job: Callable[[str], None]
    """Begins the job of an upload of whose object S3 tells nothing; see `JobStarter.start`."""
    describe_media: DescribeMedia | None = None
    redeliver: Callable[[str], None] | None = None
    """Has a callback that failed sent again, by its upload's id; None: nobody does."""


@dataclass(frozen=True, slots=True)
class UploadContext:
    """One request's own circumstances."""

    reqid: str
    now_seconds: float
    stages: Stages
    record: RequestRecord = field(default_factory=RequestRecord)
