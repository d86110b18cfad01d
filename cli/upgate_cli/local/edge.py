"""What stands in front of a stack with CloudFront: the function in edge.yaml, by the same rule.

AWS's HTTP API refuses a large body in words that no SDK takes for the gateway's, and mobile SDKs
and Go then send all of it again. The function sees the announced length first, and says it right.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from upgate import limits
from upgate.answers import responses
from upgate.answers.responses import CorsSettings
from upgate.errors import FileTooLargeError
from upgate_cli.local.event import Answer

# Of the headers that every answer has, those that answers to a preflight alone need.
_OF_PREFLIGHTS = (
    *("Access-Control-Allow-Methods", "Access-Control-Allow-Headers"),
    "Access-Control-Max-Age",
)


@dataclass(frozen=True, slots=True)
class Edge:
    """The function; `cors` is what the stack's CorsOrigins says."""

    cors: CorsSettings

    def refuse(self, headers: Mapping[str, str], announced_bytes: int | None) -> Answer | None:
        """The answer to a body that is announced as too large; None where it may go on.

        A chunked body announces nothing and goes on, as it does through CloudFront.
        """
        if (announced_bytes or 0) <= limits.REQUEST_BODY_BYTES:
            return None
        refused = responses.error_response(FileTooLargeError())
        common = responses.common_headers(
            secrets.token_urlsafe(12), "EDGE", self.cors, headers.get("Origin")
        )
        kept = [pair for pair in common.items() if pair[0] not in _OF_PREFLIGHTS]
        named = (("Content-Type", refused.content_type), *kept)
        return Answer(refused.status, named, refused.body)
