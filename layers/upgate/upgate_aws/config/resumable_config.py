"""The resumable function's environment: an upload's, and where blocks and parts wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.upload_config import UploadConfig, upload_config
from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumableConfig:
    """The resumable function's environment: an upload's, and where blocks and parts wait."""

    upload: UploadConfig
    work_bucket: str
    glue_function: str


def resumable_config(environ: Mapping[str, str]) -> ResumableConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return ResumableConfig(
        upload=upload_config(environ),
        work_bucket=variables.work_bucket,
        glue_function=variables.glue_function,
    )
