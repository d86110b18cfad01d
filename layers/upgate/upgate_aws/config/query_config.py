"""The query function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone

from upgate_aws.config.http_config import HttpConfig, http_config
from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryConfig:
    """The query function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    keys_secret: str
    ledger_table: str
    ops_queue: str
    time_zone: timezone


def query_config(environ: Mapping[str, str]) -> QueryConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return QueryConfig(
        http=http_config(variables),
        buckets=variables.buckets,
        keys_secret=variables.keys_secret,
        ledger_table=variables.ledger_table,
        ops_queue=variables.ops_queue,
        time_zone=variables.time_zone,
    )
