"""What an authorizer is to the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from upgate_cli.local.event import Request

type Caller = Mapping[str, Any]
"""`requestContext.authorizer` of the event: `{"jwt": ...}` or `{"iam": ...}`."""


class DeniedError(Exception):
    """The gateway's own answer to a request that nobody vouches for.

    `challenge` is the WWW-Authenticate header, where the scheme has one.
    """

    def __init__(self, status: int, message: str, challenge: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.challenge = challenge


class Authorizer(Protocol):
    """Establishes who sends a request, before the function runs."""

    async def __call__(self, request: Request, /) -> Caller:
        """Who it is; DeniedError."""
        ...
