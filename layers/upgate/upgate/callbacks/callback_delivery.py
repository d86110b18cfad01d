"""Delivering a callback to the business server: one attempt per URL (protocol.md 7.1, 7.2)."""

from __future__ import annotations

import time
from collections.abc import Collection
from http import HTTPStatus

from upgate import limits, strict_json
from upgate.callbacks import own_call, webhook_signature
from upgate.callbacks.callback import (
    UNEXPECTED_ANSWER,
    CallbackAttempt,
    CallbackOutcome,
    CallbackRequest,
)
from upgate.callbacks.callback_signature import sign_qbox, sign_qiniu
from upgate.outbound.egress_errors import EgressError, EgressRefusedError
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest, Sender
from upgate.outbound.egress_socket import Clock
from upgate.outbound.egress_url import Target, parse_target
from upgate.tokens.keys import KeyPair
from upgate.tokens.upload_token import KeyLookup

# Go's texts, where Python's follow RFC 9110 in renaming them.
_GO_STATUS_TEXTS = {
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}


class UnknownAccessKeyError(LookupError):
    """The access key of a callback is in no key ring: nothing can be signed, nothing was sent."""


def deliver(
    request: CallbackRequest,
    keys: KeyLookup,
    egress: Sender,
    buckets: Collection[str],
    clock: Clock = time.monotonic,
) -> CallbackOutcome:
    """Offer the callback to each URL in turn until one accepts it.

    Every URL gets an equal share of the budget that is left when its turn comes, so one that hangs
    cannot starve the others, and time that one saves goes to the rest. Nothing is signed that would
    be good for a call of our own on one of `buckets`, the stack's logical ones.

    Raises:
        UnknownAccessKeyError: the pair that signed the upload token is gone.
    """
    pair = keys.find(request.access_key)
    if pair is None:
        raise UnknownAccessKeyError
    ends_at = clock() + request.budget_seconds
    attempts: list[CallbackAttempt] = []
    for url in request.urls:
        started_at = clock()
        share = (ends_at - started_at) / (len(request.urls) - len(attempts))
        status, error, body = _attempt(request, url, pair, egress, share, buckets)
        milliseconds = round((clock() - started_at) * 1000)
        attempts.append(
            CallbackAttempt(url=url, status=status, error=error, milliseconds=milliseconds)
        )
        if not error:
            return CallbackOutcome(accepted=True, body=body, attempts=tuple(attempts))
    return CallbackOutcome(accepted=False, body=b"", attempts=tuple(attempts))


def _attempt(
    request: CallbackRequest,
    url: str,
    pair: KeyPair,
    egress: Sender,
    timeout_seconds: float,
    buckets: Collection[str],
) -> tuple[int, str, bytes]:
    """Status (0: no answer), error (empty: accepted) and body of one attempt."""
    body = request.body.encode()
    try:
        target = parse_target(url)
        if own_call.is_own_call(target.url, request.content_type, request.body, buckets):
            raise EgressRefusedError("the path is a call of the gateway's own")
        headers = {
            "Authorization": _sign(request, target, pair, body),
            "Content-Type": request.content_type,
            "User-Agent": "upgate",
            "X-Upgate-Delivery": request.delivery_id,
            **webhook_signature.headers(pair, request.delivery_id, int(time.time()), body),
        }
        answer = egress.send(
            OutgoingRequest("POST", target, headers, body, request.host),
            timeout_seconds,
            limits.CALLBACK_ANSWER_BYTES,
        )
    except EgressError as error:
        # An error without a text would be an acceptance.
        return 0, str(error) or type(error).__name__, b""
    return answer.status, _objection(request, answer), answer.body


def _sign(request: CallbackRequest, target: Target, pair: KeyPair, body: bytes) -> str:
    if not request.is_notification:
        return sign_qbox(pair, target.url, request.content_type, body)
    host = request.host or target.authority
    return sign_qiniu(pair, "POST", target.url, host, request.content_type, body, {})


def _objection(request: CallbackRequest, answer: EgressAnswer) -> str:
    """Why an answer is not an acceptance, or the empty text.

    Only 200 counts: the mobile SDKs take no other (protocol.md 7.2, 13 item 8). The body is any
    JSON, as Kodo relays it; what SDKs make of null or a list is in docs/wiring/errors.md. Its
    Content-Type does not matter.
    """
    if answer.status != HTTPStatus.OK:
        return _status_text(answer.status)
    if request.is_notification:
        return ""
    return "" if _is_json(answer.body) else UNEXPECTED_ANSWER


def _status_text(status: int) -> str:
    try:
        return _GO_STATUS_TEXTS.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return f"status {status}"


def _is_json(body: bytes) -> bool:
    try:
        strict_json.loads(body)
    except ValueError:
        return False
    return True
