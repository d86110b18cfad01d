"""What every function behind the HTTP API finds in its environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from upgate.answers.responses import CorsSettings
from upgate_aws.config.variables import Variables

_GATEWAY_HOST = re.compile(r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """What every function behind the HTTP API needs."""

    cors: CorsSettings
    standard_status: bool
    public_url: str | None
    """Origin to give to clients; None: the one that the request came to."""
    is_local: bool
    """Whether AWS is on this machine: true with the local emulator and nowhere else."""

    def origin(self, requested: str) -> str:
        """Scheme and host to give to a client whose request came to the origin `requested`."""
        return self.public_url or requested

    def host(self, requested: str) -> str:
        """Host in whose name a client signs, of a request whose Host header is `requested`.

        Behind CloudFront that header is the API's own, which no client has heard of (aws.md 2).
        """
        if self.public_url and _GATEWAY_HOST.fullmatch(requested):
            return urlsplit(self.public_url).netloc
        return requested


def http_config(variables: Variables) -> HttpConfig:
    """Read these variables; raises ConfigError."""
    return HttpConfig(
        cors=CorsSettings(variables.cors_origins),
        standard_status=variables.standard_status,
        public_url=variables.public_url,
        is_local=variables.is_local,
    )
