"""The HTTP API: what it lets through, what it refuses, and what it says when a function fails.

Its own answers carry no X-Reqid: so clients tell them from the protocol's (protocol.md 10).
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Protocol

from upgate_cli.local import event
from upgate_cli.local.authorizer import Authorizer, Caller, DeniedError
from upgate_cli.local.event import Answer, Request
from upgate_cli.local.routes import Match, RouteTable

# aws.md 1 and 2.
BODY_BYTES = 10 * 1024 * 1024
HEAD_BYTES = 10_240
EVENT_BYTES = 6_291_456
RESULT_BYTES = EVENT_BYTES + 100
INTEGRATION_SECONDS = 30.0


class FunctionError(Exception):
    """A function raised, ran out of time, or could not be started."""


class Invoke(Protocol):
    """Runs a function with an event and returns its result; raises FunctionError."""

    async def __call__(self, function: str, payload: bytes, /) -> bytes:
        """Run `function`."""
        ...


class Gateway:
    """Routes requests to functions within the limits of the real thing."""

    def __init__(
        self,
        routes: RouteTable,
        invoke: Invoke,
        *,
        authorizers: Mapping[str, Authorizer] | None = None,
        seconds: float = INTEGRATION_SECONDS,
    ) -> None:
        """`authorizers` are by route key; a route without one is open."""
        self._routes = routes
        self._invoke = invoke
        self._authorizers = authorizers or {}
        self._seconds = seconds

    async def answer(self, request: Request) -> Answer:
        """Answer a request whose head and body are already known to be within the limits."""
        match = self._routes.match(request.method, request.path)
        if match is None:
            return refusal(404, "Not Found")
        try:
            caller = await self._caller(request, match)
        except DeniedError as denied:
            return _denial(denied)
        payload = event.encode(request, match, caller)
        if len(payload) > EVENT_BYTES:
            return refusal(413, "Request Entity Too Large")
        try:
            async with asyncio.timeout(self._seconds):
                result = await self._invoke(match.route.function, payload)
            if len(result) > RESULT_BYTES:
                return refusal(500, "Internal Server Error")
            return _with_request_id(event.decode(result))
        except TimeoutError:
            return refusal(503, "Service Unavailable")
        except (FunctionError, event.ResultError):
            return refusal(500, "Internal Server Error")

    async def _caller(self, request: Request, match: Match) -> Caller | None:
        authorize = self._authorizers.get(match.route.key)
        return None if authorize is None else await authorize(request)


def refusal(status: int, message: str) -> Answer:
    """An answer of the gateway's own making."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return _with_request_id(Answer(status, (("content-type", "application/json"),), body))


def _denial(denied: DeniedError) -> Answer:
    answer = refusal(denied.status, denied.message)
    if denied.challenge is None:
        return answer
    headers = (*answer.headers, ("www-authenticate", denied.challenge))
    return Answer(answer.status, headers, answer.body)


def is_head_too_long(request_line: int, header_values: int) -> bool:
    """Whether request line and header values, in bytes, are together more than it takes."""
    return request_line + header_values > HEAD_BYTES


def _with_request_id(answer: Answer) -> Answer:
    headers = (*answer.headers, ("apigw-requestid", secrets.token_urlsafe(12)))
    return Answer(answer.status, headers, answer.body)
