"""The callback that a policy asks for, filled in before anything is stored (protocol.md 7.1)."""

from __future__ import annotations

import logging
from collections.abc import Collection

from upgate import limits, strict_json
from upgate.callbacks import own_call
from upgate.callbacks.callback import CallbackRequest
from upgate.errors import InvalidArgumentError
from upgate.outbound import egress_rules, egress_url
from upgate.outbound.egress_errors import EgressRefusedError
from upgate.tokens.put_policy import JSON_BODY, PutPolicy
from upgate.variables.magic_variables import Field, MagicVariables
from upgate.variables.templates import Resolve, render_form, render_json

_log = logging.getLogger(__name__)


def build(
    policy: PutPolicy,
    variables: MagicVariables,
    *,
    delivery_id: str,
    access_key: str,
    budget_seconds: float,
    buckets: Collection[str],
) -> CallbackRequest | None:
    """The policy's callback with all variables in place; None where it has none.

    `buckets` are the stack's, by their logical names.

    Raises:
        InvalidArgumentError: no URL that could ever be called, such a callbackHost, too many
            URLs, a body that is not the JSON it says it is, or one beyond
            limits.RENDERED_BYTES.
    """
    if not policy.callback_url or not policy.callback_body:
        return None
    body = _body(policy, variables.resolver(Field.CALLBACK_BODY))
    variables.facts.callback_body = body
    return CallbackRequest(
        urls=_urls(policy, body, variables.resolver(Field.CALLBACK_URL), buckets),
        host=_host(policy.callback_host),
        body=body,
        content_type=policy.callback_body_type,
        delivery_id=delivery_id,
        access_key=access_key,
        budget_seconds=budget_seconds,
    )


def _body(policy: PutPolicy, resolve: Resolve) -> str:
    template = policy.callback_body or ""
    if policy.callback_body_type != JSON_BODY:
        return render_form(template, resolve)
    body = render_json(template, resolve)
    try:
        strict_json.loads(body)
    except ValueError as error:
        raise InvalidArgumentError(
            "callbackBody is not JSON once its variables are filled in"
        ) from error
    return body


def _urls(
    policy: PutPolicy, body: str, resolve: Resolve, buckets: Collection[str]
) -> tuple[str, ...]:
    template = policy.callback_url or ""
    templates = [part.strip() for part in template.split(";") if part.strip()]
    if not 0 < len(templates) <= limits.CALLBACK_URLS:
        raise InvalidArgumentError(f"callbackUrl must name 1 to {limits.CALLBACK_URLS} URLs")
    urls: list[str] = []
    refusal: EgressRefusedError | None = None
    for part in templates:
        url = _filled(part, resolve)
        try:
            egress_rules.check_url(url)
            if own_call.is_own_call(url, policy.callback_body_type, body, buckets):
                raise EgressRefusedError("its path is a call of the gateway's own")
            urls.append(url)
        except EgressRefusedError as error:
            refusal = refusal or error
    if not urls:
        raise InvalidArgumentError(f"callbackUrl cannot be called: {refusal}") from refusal
    if refusal is not None:
        # The others are there for the case that one fails: no reason to lose a user's file.
        _log.warning("a callbackUrl is left out, it cannot be called: %s", refusal)
    return tuple(urls)


def _filled(template: str, resolve: Resolve) -> str:
    """A value cannot end its segment of the path, but `..` would climb out of it."""
    url = render_form(template, resolve)
    if _climbs(url) > _climbs(template):
        raise InvalidArgumentError("callbackUrl: a variable makes a '.' or '..' of its path")
    return url


def _climbs(url: str) -> int:
    segments = url.partition("?")[0].split("/")
    return segments.count(".") + segments.count("..")


def _host(callback_host: str | None) -> str | None:
    if not callback_host:
        return None
    try:
        egress_url.check_host_header(callback_host)
    except EgressRefusedError as error:
        raise InvalidArgumentError(f"callbackHost cannot be sent: {error}") from error
    return callback_host
