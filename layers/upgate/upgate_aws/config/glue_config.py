"""The glue function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueConfig:
    """The glue function's environment."""

    work_bucket: str


def glue_config(environ: Mapping[str, str]) -> GlueConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return GlueConfig(
        work_bucket=variables.work_bucket,
    )
