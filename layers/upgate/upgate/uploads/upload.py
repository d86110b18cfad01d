"""An upload, in order (DESIGN): verify, check, name, promise, store, call back, answer.

Whatever can fail for a reason of the client's is done before the object is stored. After that
only 200, 301/303 or 579 may leave: any other 5xx makes SDKs send the file again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from upgate.answers.responses import Response
from upgate.callbacks import callback_failure, fetched_key
from upgate.callbacks.callback import CallbackOutcome, CallbackRequest
from upgate.contents.content import IncomingContent
from upgate.errors import CallbackFailedError, DeliveryUnderWayError, UpgateError
from upgate.intake.upload_request import UploadRequest
from upgate.objects import object_key
from upgate.objects.store import Store
from upgate.tokens import authorization
from upgate.tokens.authorization import Grant
from upgate.uploads import repetition, reply
from upgate.uploads.prepared_upload import Preparation, PreparedUpload
from upgate.uploads.promises import Promises
from upgate.uploads.quota import Charge, GiveBack, Quotas
from upgate.uploads.strict_commit import StrictUpload
from upgate.uploads.upload_ports import UploadContext, UploadPorts, UploadSettings
from upgate.variables.magic_variables import MagicVariables, UploadFacts


class Uploader:
    """Carries out uploads; one instance serves all requests of a function."""

    def __init__(self, settings: UploadSettings, ports: UploadPorts) -> None:
        self._settings = settings
        self._ports = ports
        self._preparation = Preparation(settings, ports.describe_media)
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
        facts = self._preparation.facts(grant, request, content, context)
        variables = MagicVariables(facts)
        if policy.callback_url and policy.callback_fetch_key:
            return self._store_under_fetched_key(grant, request, variables, store, context)
        facts.key = object_key.choose(policy, request.key, variables)
        prepared = self._preparation.prepare(grant, request, variables, context)
        store.claim(prepared.destination.upload_id)
        if policy.commits_strictly:
            return self._commit_strictly(request, prepared, store, context)
        try:
            answer = self._promise(prepared, context)
            if answer is not None and (salt := self._salt_of_new(request, prepared)):
                prepared = self._preparation.prepare(grant, request, variables, context, salt=salt)
                answer = self._promise(prepared, context)
        except DeliveryUnderWayError:
            if prepared.callback is None or not self._is_stored(prepared):
                raise
            # Somebody else calls back for it, and the object is there: no client is to send it.
            under_way = CallbackOutcome.of_failure(
                prepared.callback, "another delivery is under way"
            )
            return _callback_failure(prepared.callback, under_way, facts)
        if answer is not None:
            context.record.is_repetition = True
            return Response(200, answer, reply.accepted_type(request))
        self._store(request, prepared, store, context)
        if prepared.callback is None:
            return reply.success(
                policy, request, facts.key, prepared.body, self._settings.redirect_status
            )
        return self._relay(request, prepared.callback, facts, context)

    def _commit_strictly(
        self,
        request: UploadRequest,
        prepared: PreparedUpload,
        store: Store,
        context: UploadContext,
    ) -> Response:
        """The business server before the object: see strict_commit."""
        strict = self._ports.strict
        upload = _strict(prepared, context)
        outcome = strict.kept(upload, context.stages)
        if outcome is not None and (salt := self._salt_of_new(request, prepared)):
            prepared = self._preparation.prepare(
                prepared.grant, request, prepared.variables, context, salt=salt
            )
            upload = _strict(prepared, context)
            outcome = strict.kept(upload, context.stages)
        if outcome is None:
            with self._charged(request, prepared, context) as give_back:
                outcome = strict.carry_out(upload, store, context.stages)
            if outcome.is_refused:
                give_back()
            if outcome.accepted:
                context.record.stored_bytes = prepared.variables.facts.size_bytes
        else:
            context.record.is_repetition = True
        if outcome.accepted:
            return Response(200, outcome.body, reply.accepted_type(request))
        return _callback_failure(upload.callback, outcome, prepared.variables.facts)

    def _store(
        self,
        request: UploadRequest,
        prepared: PreparedUpload,
        store: Store,
        context: UploadContext,
    ) -> None:
        try:
            with self._charged(request, prepared, context), context.stages.stage("put"):
                is_told = store.put(prepared.destination)
            if not is_told and prepared.variables.facts.persistent_id is not None:
                # Before the answer: no event of S3's begins the job.
                self._ports.start_job(prepared.destination.upload_id)
        except UpgateError:
            if prepared.callback is not None:
                self._promises.release(prepared.destination.upload_id)
            raise
        context.record.stored_bytes = prepared.variables.facts.size_bytes

    def _charged(
        self, request: UploadRequest, prepared: PreparedUpload, context: UploadContext
    ) -> AbstractContextManager[GiveBack]:
        """Around storing: see `Quotas.charged`."""
        destination, size_bytes = prepared.destination, prepared.variables.facts.size_bytes
        is_replaced = partial(repetition.is_replaced, request, destination, self._ports.find)
        charge = Charge(destination.upload_id, size_bytes, is_replaced)
        policy = prepared.grant.policy
        return self._quotas.charged(policy, charge, context.now_seconds, context.stages)

    def _salt_of_new(self, request: UploadRequest, prepared: PreparedUpload) -> str:
        """See `repetition.salt_of_new`."""
        return repetition.salt_of_new(request, prepared.destination, self._ports.find)

    def _is_stored(self, prepared: PreparedUpload) -> bool:
        """Whether the destination holds this very upload's object."""
        found = self._ports.find(prepared.destination)
        return found is not None and found.upload_id == prepared.destination.upload_id

    def _promise(self, prepared: PreparedUpload, context: UploadContext) -> bytes | None:
        """Write down what will be owed; a plain upload owes nothing and costs no write.

        Returns the callback's answer where this upload has had it already.
        """
        intent = prepared.intent(context)
        if intent is None:
            return None
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
        asked = self._preparation.prepare(grant, request, variables, context, salt="fetch-key")
        if asked.callback is None:
            raise CallbackFailedError
        store.claim(asked.destination.upload_id)
        # A form sent again is a new upload, and asks again; a session's answer is asked for once.
        answer = self._promise(asked, context) if request.session else None
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
        prepared = replace(
            self._preparation.prepare(grant, request, variables, context), callback=None
        )
        self._promise(prepared, context)
        self._store(request, prepared, store, context)
        return Response(200, body, reply.accepted_type(request))


def _strict(prepared: PreparedUpload, context: UploadContext) -> StrictUpload:
    intent = prepared.intent(context)
    if intent is None or prepared.callback is None:
        raise CallbackFailedError  # put_policy takes no such policy
    return StrictUpload(prepared.destination, intent, prepared.callback)


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
