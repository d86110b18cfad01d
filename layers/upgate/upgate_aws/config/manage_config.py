"""The manage function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.http_config import HttpConfig, http_config
from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageConfig:
    """The manage function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    keys_secret: str


def manage_config(environ: Mapping[str, str]) -> ManageConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return ManageConfig(
        http=http_config(variables),
        buckets=variables.buckets,
        keys_secret=variables.keys_secret,
    )
