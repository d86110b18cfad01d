"""An upload, in order (DESIGN): verify, check, name, promise, store, call back, answer.

Whatever can fail for a reason of the client's is done before the object is stored. After that
only 200, 301/303 or 579 may leave: any other 5xx makes SDKs send the file again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from upgate import authorization, callback_failure, callback_request, fetched_key, object_key, reply
from upgate.authorization import Grant
from upgate.callback import CallbackOutcome, CallbackRequest
from upgate.content import IncomingContent
from upgate.content_checks import check_crc32, check_size, settle_mime_type
from upgate.errors import CallbackFailedError, UpgateError
from upgate.ledger import Ledger, UploadIntent
from upgate.magic_variables import Field, MagicVariables, UploadFacts
from upgate.responses import Response
from upgate.stages import Stages
from upgate.storage import Destination, Store
from upgate.templates import render_text
from upgate.upload_request import UploadRequest
from upgate.upload_token import KeyLookup

_log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class UploadContext:
    """One request's own circumstances."""

    reqid: str
    now_seconds: float
    stages: Stages


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
        settings = self._settings
        with context.stages.stage("token"):
            grant = authorization.authorize(
                request.token,
                self._ports.keys,
                settings.buckets,
                context.now_seconds,
                deadline_required=settings.deadline_required,
            )
        try:
            return self._carry_out(grant, request, content, store, context)
        except UpgateError as error:
            redirect = reply.failure_redirect(grant.policy, error, settings.redirect_status)
            if redirect is None:
                raise
            return redirect

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
        self._promise(grant, prepared, context)
        with context.stages.stage("put"):
            store(prepared.destination)
        if prepared.callback is None:
            return reply.success(
                policy, request, facts.key, prepared.body, self._settings.redirect_status
            )
        return self._relay(request, prepared.callback, facts, context)

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
            time=datetime.fromtimestamp(context.now_seconds, self._settings.time_zone),
            opened=content.open,
            file_name=request.file_name,
            end_user=grant.policy.end_user,
            custom_variables=request.custom_variables,
        )

    def _prepare(
        self,
        grant: Grant,
        request: UploadRequest,
        variables: MagicVariables,
        context: UploadContext,
    ) -> _Prepared:
        """Fill in every template, so that nothing of it can fail after the object is stored."""
        facts, policy = variables.facts, grant.policy
        upload_id = _upload_id(request, facts)
        if policy.operations:
            facts.persistent_id = f"up.{upload_id[:24]}"
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

    def _promise(self, grant: Grant, prepared: _Prepared, context: UploadContext) -> None:
        """Write down what will be owed; a plain upload owes nothing and costs no write."""
        policy, facts = grant.policy, prepared.variables.facts
        if prepared.callback is None and not policy.operations:
            return
        resolve = prepared.variables.resolver(Field.OPERATIONS)
        with context.stages.stage("ledger"):
            self._ports.ledger.record_intent(
                UploadIntent(
                    upload_id=prepared.destination.upload_id,
                    reqid=context.reqid,
                    bucket=facts.bucket,
                    key=facts.key or "",
                    etag=facts.etag,
                    created_at=int(context.now_seconds),
                    callback=prepared.callback,
                    operations=render_text(policy.operations, resolve)
                    if policy.operations
                    else None,
                    persistent_id=facts.persistent_id,
                    notify_url=policy.persistent_notify_url,
                    pipeline=policy.persistent_pipeline,
                )
            )

    def _relay(
        self,
        request: UploadRequest,
        callback: CallbackRequest,
        facts: UploadFacts,
        context: UploadContext,
    ) -> Response:
        """Call the business server and pass its answer on, byte for byte, or answer 579."""
        outcome = self._call_back(callback, context)
        try:
            self._ports.ledger.record_delivery(callback.delivery_id, outcome)
        except UpgateError:
            # The object is stored and the call is made: the answer cannot change any more.
            _log.warning("delivery %s not recorded", callback.delivery_id, exc_info=True)
        if outcome.accepted:
            return Response(200, outcome.body, reply.accepted_type(request))
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
        callback = self._prepare(grant, request, variables, context).callback
        if callback is None:
            raise CallbackFailedError
        outcome = self._call_back(callback, context)
        fetched = fetched_key.parse(outcome) if outcome.accepted else None
        if fetched is None:
            return _callback_failure(callback, outcome, facts, fetch_key=True)
        facts.key, body = fetched
        object_key.check(grant.policy, facts.key)
        # The callback is made: what the ledger may still owe are operations.
        prepared = replace(self._prepare(grant, request, variables, context), callback=None)
        self._promise(grant, prepared, context)
        with context.stages.stage("put"):
            store(prepared.destination)
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


def _upload_id(request: UploadRequest, facts: UploadFacts) -> str:
    """The same for a repetition (same token, key and content), so that it can be known as one."""
    seed = "\0".join((request.token, facts.key or "", facts.etag))
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


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
