"""An upload that stores nothing and calls nobody: the gateway's own rules, with a sample file.

What is rendered is what a gateway would render, because the gateway's code does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from upgate.answers.stages import Stages
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome, CallbackRequest
from upgate.contents.content import BufferedContent
from upgate.deliveries.ledger import UploadIntent
from upgate.intake.upload_request import UploadRequest
from upgate.objects.held_object import HeldObject
from upgate.objects.storage import Destination
from upgate.objects.store import Store
from upgate.tokens import upload_token
from upgate.tokens.daily_quota import DailyQuota
from upgate.tokens.keys import KeyPair, KeyRing
from upgate.tokens.put_policy import PutPolicy
from upgate.uploads.quota import Charge, Usage, UserDay
from upgate.uploads.strict_commit import StrictUpload
from upgate.uploads.upload import Uploader
from upgate.uploads.upload_ports import UploadContext, UploadPorts, UploadSettings
from upgate.variables.magic_variables import Field, MagicVariables, UploadFacts
from upgate.variables.templates import variables_in
from upgate_cli.transfer.source_file import SourceFile

# Of no use anywhere: the dry run signs for itself, so that it needs nobody's secret.
_PAIR = KeyPair("dry-run", "dry-run")
_TIME_ZONE = timezone(timedelta(hours=8))  # a stack's default (DESIGN)


@dataclass(frozen=True, slots=True)
class Sample:
    """The file, and what the client would say beside it."""

    source: SourceFile
    key: str | None = None
    mime_type: str | None = None
    custom_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class DryRun:
    """What an upload would have come to. `answer` is None where the business server gives it."""

    key: str = ""
    mime_type: str = ""
    etag: str = ""
    callback: CallbackRequest | None = None
    operations: str | None = None
    answer: str | None = None
    location: str | None = None
    without_value: list[str] = field(default_factory=list)


class _Outside:
    """Ledger, storage and business server of a dry run: they write down what they are asked."""

    def __init__(self) -> None:
        self.result = DryRun()

    def record_intent(self, intent: UploadIntent) -> bytes | None:
        self.result.callback = self.result.callback or intent.callback
        self.result.operations = intent.operations or self.result.operations
        return None

    def record_delivery(self, upload_id: str, outcome: CallbackOutcome) -> None:
        pass

    def release(self, upload_id: str) -> None:
        """Nothing is stored in a dry run."""

    def call_back(self, request: CallbackRequest) -> CallbackOutcome:
        self.result.callback = request
        attempt = CallbackAttempt(url=request.urls[0], status=200, error="", milliseconds=0)
        # With callbackFetchKey it is the business server that names the key: nobody does here.
        body = b'{"key":"the-key-that-the-callback-answers","payload":{}}'
        return CallbackOutcome(accepted=True, body=body, attempts=(attempt,))

    def charge(self, day: UserDay, quota: DailyQuota, charge: Charge) -> bool:
        """A dry run counts for nothing, but a file that no day has room for is refused."""
        return True

    def usage(self, day: UserDay) -> Usage:
        return Usage()

    def give_back(self, day: UserDay, charge: Charge) -> None:
        """Nothing was counted."""

    def claim(self, upload_id: str) -> None:
        pass

    def put(self, destination: Destination) -> bool:
        self.result.key = destination.key
        self.result.mime_type = destination.mime_type
        self.result.etag = destination.etag
        return True

    def hold(self, destination: Destination) -> HeldObject:
        raise NotImplementedError  # `carry_out` holds nothing

    def close(self, destination: Destination) -> None:
        pass

    def kept(self, upload: StrictUpload, stages: Stages) -> CallbackOutcome | None:
        return None

    def carry_out(self, upload: StrictUpload, store: Store, stages: Stages) -> CallbackOutcome:
        self.record_intent(upload.intent)
        store.put(upload.destination)
        return self.call_back(upload.callback)


def dry_run(text: bytes, policy: PutPolicy, sample: Sample, now_seconds: float) -> DryRun:
    """Run an upload of the sample under a policy's JSON text, as if its deadline had not passed.

    Raises:
        UpgateError: refused, as the gateway would refuse it.
    """
    outside = _Outside()
    moment = now_seconds if policy.deadline is None else min(now_seconds, policy.deadline - 1)
    content = BufferedContent(sample.source.mapped())
    request = UploadRequest(
        token=upload_token.sign(text, _PAIR),
        key=sample.key,
        file_name=sample.source.path.name,
        mime_type=sample.mime_type,
        custom_variables=sample.custom_variables,
    )
    uploader = Uploader(
        UploadSettings(buckets={policy.scope.bucket: "dry-run"}, time_zone=_TIME_ZONE),
        UploadPorts(
            KeyRing((_PAIR,)),
            ledger=outside,
            call_back=outside.call_back,
            find=lambda _: None,
            strict=outside,
            quotas=outside,
            start_job=lambda _: None,
        ),
    )
    context = UploadContext("dry-run", moment, Stages())
    answer = uploader.receive(request, content, outside, context)
    result = outside.result
    if result.callback is None:
        result.answer = answer.body.decode() or None
        result.location = answer.headers.get("Location")
    result.without_value = _without_value(policy, request, content, result, moment)
    return result


def _without_value(
    policy: PutPolicy,
    request: UploadRequest,
    content: BufferedContent,
    result: DryRun,
    moment: float,
) -> list[str]:
    facts = UploadFacts(
        bucket=policy.scope.bucket,
        etag=result.etag,
        size_bytes=content.size_bytes,
        mime_type=result.mime_type,
        time=datetime.fromtimestamp(moment, _TIME_ZONE),
        opened=content.open,
        file_name=request.file_name,
        end_user=policy.end_user,
        custom_variables=request.custom_variables,
        key=result.key,
        persistent_id="id" if policy.operations else None,
        callback_body="",
    )
    variables = MagicVariables(facts)
    return [
        f"$({name}) in {wire_name}"
        for wire_name, place, template in _templates(policy)
        for name in sorted(variables_in(template))
        if variables.resolver(place)(name) is None
    ]


def _templates(policy: PutPolicy) -> Iterator[tuple[str, Field, str]]:
    candidates = (
        ("saveKey", Field.SAVE_KEY, policy.save_key),
        ("asyncOps", Field.OPERATIONS, policy.async_ops),
        ("persistentOps", Field.OPERATIONS, policy.persistent_ops),
        ("returnBody", Field.RETURN_BODY, policy.return_body),
        ("callbackBody", Field.CALLBACK_BODY, policy.callback_body),
        ("callbackUrl", Field.CALLBACK_URL, policy.callback_url),
    )
    for name, place, template in candidates:
        if template:
            yield name, place, template
