"""An upload, in order (DESIGN): verify, check, name, promise, store, call back, answer.

Whatever can fail for a reason of the client's is done before the object is stored. After that
only 200, 301/303 or 579 may leave: any other 5xx makes SDKs send the file again.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from upgate.answers.responses import Response
from upgate.callbacks import callback_failure, callback_request, fetched_key
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.contents.content import IncomingContent
from upgate.contents.content_checks import check_crc32, check_size, settle_mime_type
from upgate.deliveries.ledger import UploadIntent
from upgate.errors import CallbackFailedError, UpgateError
from upgate.intake.upload_request import UploadRequest
from upgate.jobs import job
from upgate.objects import object_key
from upgate.objects.storage import Destination, Store
from upgate.tokens import authorization
from upgate.tokens.authorization import Grant
from upgate.uploads import reply
from upgate.uploads.promises import Promises
from upgate.uploads.quota import Charge, Quotas
from upgate.uploads.upload_ports import UploadContext, UploadPorts, UploadSettings
from upgate.variables.magic_variables import Field, MagicVariables, UploadFacts
from upgate.variables.templates import render_text


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that an upload needs once its object is stored."""

    destination: Destination
    variables: MagicVariables
    callback: CallbackRequest | None
    body: bytes


class Uploader:
    """Carries out uploads; one instance serves all requests of a function."""

    def __init__(self, settings: UploadSettings, ports: UploadPorts) -> None:
        self._settings = settings
        self._ports = ports
        self._promises = Promises(ports.ledger, ports.redeliver)
        self._quotas = Quotas(ports.quotas, settings.time_zone)

    def receive(
        self,
        request: UploadRequest,
        content: IncomingContent,
        store: Store,
        context: UploadContext,
    ) -> Response:
        """Take in one upload and answer it.

        Raises:
            UpgateError: refused; nothing was stored, or (CallbackFailedError) it was and stays.
        """
        grant = self.authorize(request.token, context)
        try:
            return self._carry_out(grant, request, content, store, context)
        except UpgateError as error:
            return self._redirect(grant, error, context)

    def authorize(self, token: str, context: UploadContext) -> Grant:
        """What a token allows here and now; raises as `authorization.authorize` does."""
        with context.stages.stage("token"):
            grant = authorization.authorize(
                token,
                self._ports.keys,
                self._settings.buckets,
                context.now_seconds,
                deadline_required=self._settings.deadline_required,
            )
        context.record.bucket = grant.policy.scope.bucket
        return grant

    def refuse_used_up(self, grant: Grant, context: UploadContext) -> None:
        """Refuse to begin what the user's day has no room for; see `Quotas.refuse_used_up`."""
        policy = grant.policy
        if policy.quota is not None:
            with context.stages.stage("quota"):
                self._quotas.refuse_used_up(policy.quota, policy.end_user, context.now_seconds)

    def refuse(self, error: UpgateError, context: UploadContext) -> Response:
        """Answer what was wrong with a request before there was an upload: redirect, or raise.

        Raises:
            UpgateError: the error itself, or what is wrong with the token that came with it.
        """
        if error.token is None:
            raise error
        return self._redirect(self.authorize(error.token, context), error, context)

    def _redirect(self, grant: Grant, error: UpgateError, context: UploadContext) -> Response:
        """Tell a browser of a failure where its policy says; raise it where that is no answer."""
        redirect = reply.failure_redirect(grant.policy, error, self._settings.redirect_status)
        if redirect is None:
            raise error
        context.record.refusal = error
        return redirect

    def has_bucket(self, bucket: str) -> bool:
        """Whether a logical bucket is one of this stack's."""
        return bucket in self._settings.buckets

    def _carry_out(
        self,
        grant: Grant,
        request: UploadRequest,
        content: IncomingContent,
        store: Store,
        context: UploadContext,
    ) -> Response:
        policy = grant.policy
        facts = self._facts(grant, request, content, context)
        variables = MagicVariables(facts)
        if policy.callback_url and policy.callback_fetch_key:
            return self._store_under_fetched_key(grant, request, variables, store, context)
        facts.key = object_key.choose(policy, request.key, variables)
        prepared = self._prepare(grant, request, variables, context)
        answer = self._promise(grant, prepared, context)
        if answer is not None and (salt := self._salt_of_new(request, prepared)):
            prepared = self._prepare(grant, request, variables, context, salt=salt)
            answer = self._promise(grant, prepared, context)
        if answer is not None:
            context.record.is_repetition = True
            return Response(200, answer, reply.accepted_type(request))
        self._store(grant, prepared, store, context)
        if prepared.callback is None:
            return reply.success(
                policy, request, facts.key, prepared.body, self._settings.redirect_status
            )
        return self._relay(request, prepared.callback, facts, context)

    def _store(
        self, grant: Grant, prepared: _Prepared, store: Store, context: UploadContext
    ) -> None:
        now, stages = context.now_seconds, context.stages
        charge = Charge(prepared.destination.upload_id, prepared.variables.facts.size_bytes)
        try:
            with self._quotas.charged(grant.policy, charge, now, stages), stages.stage("put"):
                store(prepared.destination)
        except UpgateError:
            if prepared.callback is not None:
                self._promises.release(prepared.destination.upload_id)
            raise
        context.record.stored_bytes = charge.size_bytes

    def _facts(
        self,
        grant: Grant,
        request: UploadRequest,
        content: IncomingContent,
        context: UploadContext,
    ) -> UploadFacts:
        """Check the content and say what is known of it."""
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
                self._settings.time_zone,
            ),
            opened=content.open,
            file_name=request.file_name,
            end_user=grant.policy.end_user,
            custom_variables=request.custom_variables,
            describe_media=self._ports.describe_media,
        )

    def _prepare(
        self,
        grant: Grant,
        request: UploadRequest,
        variables: MagicVariables,
        context: UploadContext,
        *,
        salt: str = "",
    ) -> _Prepared:
        """Fill in every template, so that nothing of it can fail after the object is stored."""
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
                budget_seconds=self._settings.callback_budget_seconds,
            )
            body = b"" if callback else reply.body_for(policy, variables)
        return _Prepared(_destination(grant, request, facts, upload_id), variables, callback, body)

    def _salt_of_new(self, request: UploadRequest, prepared: _Prepared) -> str:
        """What tells a new upload of old content from the accepted one; empty if it is that one.

        One of several requests is a repetition, for its identity is used once. A form may as well
        be a new upload, if its object is gone or was overwritten since; and one that finds the
        object of such a new upload repeats that.
        """
        if request.session is not None:
            return ""
        first = prepared.destination.upload_id
        found = self._ports.find(prepared.destination)
        there = found.upload_id if found is not None else None
        if there == first:
            return ""
        is_later = there is not None and there.startswith(f"{first}-")
        return there.removeprefix(f"{first}-") if there and is_later else secrets.token_hex(8)

    def _promise(self, grant: Grant, prepared: _Prepared, context: UploadContext) -> bytes | None:
        """Write down what will be owed; a plain upload owes nothing and costs no write.

        Returns the callback's answer where this upload has had it already.
        """
        policy, facts = grant.policy, prepared.variables.facts
        if prepared.callback is None and not policy.operations:
            return None
        resolve = prepared.variables.resolver(Field.OPERATIONS)
        intent = UploadIntent(
            upload_id=prepared.destination.upload_id,
            reqid=context.reqid,
            bucket=facts.bucket,
            key=facts.key or "",
            etag=facts.etag,
            created_at=int(context.now_seconds),
            access_key=grant.key_pair.access_key,
            callback=prepared.callback,
            operations=render_text(policy.operations, resolve) if policy.operations else None,
            persistent_id=facts.persistent_id,
            notify_url=policy.persistent_notify_url,
            pipeline=policy.persistent_pipeline,
            job_kind=policy.persistent_type,
        )
        with context.stages.stage("ledger"):
            return self._promises.record(intent)

    def _relay(
        self,
        request: UploadRequest,
        callback: CallbackRequest,
        facts: UploadFacts,
        context: UploadContext,
    ) -> Response:
        """Call the business server and pass its answer on, byte for byte, or answer 579."""
        outcome = self._call_back(callback, context)
        self._promises.record_delivery(callback, outcome)
        if outcome.accepted:
            return Response(200, outcome.body, reply.accepted_type(request))
        self._promises.redeliver(callback)
        return _callback_failure(callback, outcome, facts)

    def _call_back(self, callback: CallbackRequest, context: UploadContext) -> CallbackOutcome:
        with context.stages.stage("cb"):
            return self._ports.call_back(callback)

    def _store_under_fetched_key(
        self,
        grant: Grant,
        request: UploadRequest,
        variables: MagicVariables,
        store: Store,
        context: UploadContext,
    ) -> Response:
        """The business server first: it names the key, then the object is stored."""
        facts = variables.facts
        facts.key = request.key
        # The object may turn out to have the client's key: the question keeps an id of its own.
        asked = self._prepare(grant, request, variables, context, salt="fetch-key")
        if asked.callback is None:
            raise CallbackFailedError
        # A form sent again is a new upload, and asks again; a session's answer is asked for once.
        answer = self._promise(grant, asked, context) if request.session else None
        if answer is None:
            outcome = self._call_back(asked.callback, context)
            answer = outcome.body if outcome.accepted else b""
            if fetched_key.parse(answer) is None:
                return _callback_failure(asked.callback, outcome, facts, fetch_key=True)
            if request.session:
                self._promises.record_delivery(asked.callback, outcome)
        fetched = fetched_key.parse(answer)
        if fetched is None:
            raise CallbackFailedError
        facts.key, body = fetched
        object_key.check(grant.policy, facts.key)
        # The callback is made: what the ledger may still owe are operations.
        prepared = replace(self._prepare(grant, request, variables, context), callback=None)
        self._promise(grant, prepared, context)
        self._store(grant, prepared, store, context)
        return Response(200, body, reply.accepted_type(request))


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
    )


def _upload_id(request: UploadRequest, facts: UploadFacts, salt: str) -> str:
    """The same for a repetition (same token or session, same key and content), to know it by."""
    identity = request.session.identity if request.session else request.token
    seed = "\0".join((identity, facts.key or "", facts.etag))
    digest = hashlib.sha256(seed.encode()).hexdigest()[:32]
    return f"{digest}-{salt}" if salt else digest


def _callback_failure(
    callback: CallbackRequest,
    outcome: CallbackOutcome,
    facts: UploadFacts,
    *,
    fetch_key: bool = False,
) -> Response:
    body = callback_failure.failure_body(
        callback, outcome, etag=facts.etag, key=facts.key or "", fetch_key=fetch_key
    )
    return Response(CallbackFailedError.status, body)
