"""Which key pair signed an HTTP request (protocol.md 7.1)."""

from __future__ import annotations

from upgate.tokens import request_authorization
from upgate.tokens.request_authorization import SignedRequest
from upgate.tokens.upload_token import KeyLookup
from upgate_aws.http_event import HttpRequest


def authorize(request: HttpRequest, keys: KeyLookup, now_seconds: float) -> str:
    """The access key that signed a request; raises as `request_authorization.verify` does."""
    signed = SignedRequest(
        request.method,
        request.host,
        request.path,
        request.query,
        request.headers,
        request.body(),
        request.authority,
    )
    return request_authorization.verify(signed, keys, now_seconds).access_key
