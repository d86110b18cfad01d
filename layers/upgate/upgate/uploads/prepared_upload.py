"""An upload before anything is stored: its content checked, every template filled in.

What can fail for a reason of the client's fails here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from datetime import datetime

from upgate import limits
from upgate.callbacks import callback_request
from upgate.callbacks.callback import CallbackRequest
from upgate.contents.content import IncomingContent
from upgate.contents.content_checks import check_crc32, check_size, settle_mime_type
from upgate.deliveries.ledger import UploadIntent
from upgate.intake.upload_request import UploadRequest
from upgate.jobs import job
from upgate.objects.storage import END_USER_ENTRY, Destination
from upgate.tokens import hidden_text
from upgate.tokens.authorization import Grant
from upgate.tokens.put_policy import PutPolicy
from upgate.uploads import reply
from upgate.uploads.upload_ports import UploadContext, UploadSettings
from upgate.variables.magic_variables import DescribeMedia, MagicVariables, UploadFacts


@dataclass(frozen=True, slots=True)
class PreparedUpload:
    """All that an upload needs once its object is stored."""

    grant: Grant
    destination: Destination
    variables: MagicVariables
    callback: CallbackRequest | None
    operations: str | None
    body: bytes

    def intent(self, context: UploadContext) -> UploadIntent | None:
        """What will be owed; a plain upload owes nothing."""
        policy, facts = self.grant.policy, self.variables.facts
        if self.callback is None and not self.operations:
            return None
        return UploadIntent(
            upload_id=self.destination.upload_id,
            reqid=context.reqid,
            bucket=facts.bucket,
            key=facts.key or "",
            etag=facts.etag,
            created_at=int(context.now_seconds),
            access_key=self.grant.key_pair.access_key,
            callback=self.callback,
            operations=self.operations,
            persistent_id=facts.persistent_id,
            notify_url=policy.persistent_notify_url,
            pipeline=policy.persistent_pipeline,
            job_kind=policy.persistent_type,
        )


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares uploads under one operator's settings."""

    settings: UploadSettings
    describe_media: DescribeMedia | None

    def facts(
        self,
        grant: Grant,
        request: UploadRequest,
        content: IncomingContent,
        context: UploadContext,
    ) -> UploadFacts:
        """Check the content and say what is known of it.

        Raises:
            UpgateError: see content_checks.
        """
        check_size(grant.policy, content.size_bytes)
        with context.stages.stage("hash"):
            check_crc32(request.crc32, content)
            etag = content.etag
        with context.stages.stage("sniff"):
            mime_type = settle_mime_type(grant.policy, request, request.key, content)
        return UploadFacts(
            bucket=grant.policy.scope.bucket,
            etag=etag,
            size_bytes=content.size_bytes,
            mime_type=mime_type,
            time=datetime.fromtimestamp(
                request.session.started_at if request.session else context.now_seconds,
                self.settings.time_zone,
            ),
            opened=content.open,
            file_name=request.file_name,
            end_user=grant.policy.end_user,
            part_sizes=content.part_sizes,
            custom_variables=request.custom_variables,
            describe_media=self.describe_media,
        )

    def prepare(
        self,
        grant: Grant,
        request: UploadRequest,
        variables: MagicVariables,
        context: UploadContext,
        *,
        salt: str = "",
    ) -> PreparedUpload:
        """Fill in every template; `salt` tells a new upload of old content from the old one.

        Raises:
            InvalidArgumentError: what comes of a template is none of what it is for.
            ForbiddenError: a result would be saved where the token may not write.
        """
        facts, policy = variables.facts, grant.policy
        upload_id = _upload_id(request, facts, salt)
        if policy.operations:
            facts.persistent_id = job.UPLOAD_PREFIX + upload_id
        if not policy.callback_url:
            reply.check_return_url(policy.return_url)
        with context.stages.stage("render"):
            callback = callback_request.build(
                policy,
                variables,
                delivery_id=upload_id,
                access_key=grant.key_pair.access_key,
                budget_seconds=self.settings.callback_budget_seconds,
                buckets=self.settings.buckets,
            )
            body = b"" if callback else reply.body_for(policy, variables)
            operations = _operations(policy, variables)
        destination = _destination(grant, request, facts, upload_id)
        return PreparedUpload(grant, destination, variables, callback, operations, body)


def _operations(policy: PutPolicy, variables: MagicVariables) -> str | None:
    """Most uploads have none, and do not pay for the grammar's import."""
    if not policy.operations:
        return None
    from upgate.fops import policy_operations

    return policy_operations.fill(policy, variables)


def _destination(
    grant: Grant, request: UploadRequest, facts: UploadFacts, upload_id: str
) -> Destination:
    return Destination(
        bucket=grant.s3_bucket,
        key=facts.key or "",
        mime_type=facts.mime_type,
        etag=facts.etag,
        upload_id=upload_id,
        insert_only=grant.policy.inserts_only,
        file_type=grant.policy.file_type,
        metadata=request.metadata,
        headers=request.headers,
        hidden_end_user=_hidden(facts.end_user or "", grant),
        part_sizes=facts.part_sizes,
    )


def _hidden(end_user: str, grant: Grant) -> str:
    """The end user as the object tells it to a manager and to nobody else."""
    if not 0 < len(end_user.encode()) <= limits.END_USER_BYTES:
        return ""
    return hidden_text.hide(END_USER_ENTRY, end_user, grant.key_pair)


def _upload_id(request: UploadRequest, facts: UploadFacts, salt: str) -> str:
    """The same for a repetition, to know it by: of one token or session, with all that was sent.

    A token may be in many hands: whoever sends another variable, name or type with the same
    content has another upload, with an answer and a callback of its own.
    """
    seed = (
        request.session.identity if request.session else request.token,
        facts.key or "",
        facts.etag,
        facts.mime_type,
        facts.file_name,
        sorted(facts.custom_variables.items()),
        sorted(request.metadata.items()),
        astuple(request.headers),
    )
    digest = hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32]
    return f"{digest}-{salt}" if salt else digest
