"""What the uploader is told: default body, returnBody or redirect (protocol.md 2.3 and 8)."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from upgate import encoding, limits
from upgate.answers.responses import JSON_TYPE, Response, json_response
from upgate.errors import InvalidArgumentError, TokenError, UpgateError
from upgate.intake.upload_request import UploadRequest
from upgate.tokens.put_policy import PutPolicy
from upgate.variables.magic_variables import Field, MagicVariables, UploadFacts
from upgate.variables.templates import Json, render_json

# `accept` exists for browsers that offer a JSON answer for download (protocol.md 2.1). HTML is
# not among what it may name: the answer holds text of the uploader's choice.
_ACCEPTED_TYPES = {JSON_TYPE: JSON_TYPE, "text/plain": "text/plain; charset=utf-8"}


def body_for(policy: PutPolicy, variables: MagicVariables) -> bytes:
    """The gateway's own answer, complete before anything is stored.

    Raises:
        InvalidArgumentError: returnBody grows beyond limits.RENDERED_BYTES, or with a returnUrl
            beyond what a Location may hold.
    """
    if policy.return_body:
        body = render_json(policy.return_body, variables.resolver(Field.RETURN_BODY)).encode()
    else:
        body = _default_body(variables.facts)
    if policy.return_url:
        location = _location(policy.return_url, _success_query(policy, variables.facts.key, body))
        if len(location) > limits.LOCATION_BYTES:
            raise InvalidArgumentError(
                f"the redirect to returnUrl exceeds {limits.LOCATION_BYTES} bytes"
            )
    return body


def success(
    policy: PutPolicy, request: UploadRequest, key: str, body: bytes, redirect_status: int
) -> Response:
    """The answer to an upload that was stored and needed no callback."""
    if not policy.return_url:
        return Response(200, body, accepted_type(request))
    query = _success_query(policy, key if request.key is None else None, body)
    return Response(redirect_status, headers={"Location": _location(policy.return_url, query)})


def failure_redirect(
    policy: PutPolicy, error: UpgateError, redirect_status: int
) -> Response | None:
    """The redirect that tells a browser of a failure; None where plain JSON has to do.

    A fault of the token itself is never redirected (seed 002), a bad returnUrl among them.
    """
    if not policy.return_url or policy.callback_url or isinstance(error, TokenError):
        return None
    if not _is_redirectable(policy.return_url):
        return None
    query = {"code": str(error.status), "error": error.message}
    return Response(redirect_status, headers={"Location": _location(policy.return_url, query)})


def accepted_type(request: UploadRequest) -> str:
    """The Content-Type that the client asked for, where it may."""
    return _ACCEPTED_TYPES.get(request.accept or "", JSON_TYPE)


def check_return_url(url: str | None) -> None:
    """Refuse a returnUrl that could not be a Location, before anything is stored.

    Raises:
        InvalidArgumentError: not absolute http(s), holding characters no header may hold, or
            longer than limits.LOCATION_BYTES.
    """
    if url and not _is_redirectable(url):
        raise InvalidArgumentError("returnUrl must be an absolute http or https URL")


def _is_redirectable(url: str) -> bool:
    # urlsplit itself drops CR, LF and tab without a word.
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    if len(url) > limits.LOCATION_BYTES:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _default_body(facts: UploadFacts) -> bytes:
    body: dict[str, Json] = {"hash": facts.etag, "key": facts.key}
    if facts.persistent_id:
        body["persistentId"] = facts.persistent_id
    return json_response(200, body | dict(facts.custom_variables)).body


def _success_query(policy: PutPolicy, generated_key: str | None, body: bytes) -> dict[str, str]:
    """`key` tells a client that gave none what it has become (seed 002)."""
    query = {"upload_ret": encoding.encode(body)}
    if generated_key is not None and not policy.return_body:
        query["key"] = generated_key
    return query


def _location(url: str, query: dict[str, str]) -> str:
    parts = urlsplit(url)
    added = "&".join(f"{name}={quote(value, safe='=')}" for name, value in query.items())
    joined = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=joined))
