"""The token function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone

from upgate_aws.config.http_config import HttpConfig, http_config
from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """The token function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    ledger_table: str
    keys_secret: str
    token_lifetime_seconds: int
    time_zone: timezone
    """Of the days that quotas count."""


def token_config(environ: Mapping[str, str]) -> TokenConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return TokenConfig(
        http=http_config(variables),
        buckets=variables.buckets,
        ledger_table=variables.ledger_table,
        keys_secret=variables.keys_secret,
        token_lifetime_seconds=variables.token_lifetime_seconds,
        time_zone=variables.time_zone,
    )
