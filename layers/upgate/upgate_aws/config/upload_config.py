"""The upload function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone

from upgate_aws.config.http_config import HttpConfig, http_config
from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadConfig:
    """The upload function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    ledger_table: str
    keys_secret: str
    callback_function: str
    avinfo_function: str
    callback_budget_seconds: float
    ops_queue: str
    redelivery_queue: str
    redelivery_waits: tuple[int, ...]
    redirect_status: int
    deadline_required: bool
    time_zone: timezone


def upload_config(environ: Mapping[str, str]) -> UploadConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return UploadConfig(
        http=http_config(variables),
        buckets=variables.buckets,
        ledger_table=variables.ledger_table,
        keys_secret=variables.keys_secret,
        callback_function=variables.callback_function,
        avinfo_function=variables.avinfo_function,
        callback_budget_seconds=variables.callback_budget_seconds,
        ops_queue=variables.ops_queue,
        redelivery_queue=variables.redelivery_queue,
        redelivery_waits=variables.redelivery_waits,
        redirect_status=variables.redirect_status,
        deadline_required=variables.deadline_required,
        time_zone=variables.time_zone,
    )
