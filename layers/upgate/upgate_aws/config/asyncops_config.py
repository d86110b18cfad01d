"""The asyncops function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone

from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncOpsConfig:
    """The asyncops function's environment."""

    buckets: Mapping[str, str]
    work_bucket: str
    ledger_table: str
    ops_queue: str
    heavy_queue: str
    """Where work goes that would take too long here; empty: nowhere."""
    callback_function: str
    result_days: int
    time_zone: timezone


def asyncops_config(environ: Mapping[str, str]) -> AsyncOpsConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return AsyncOpsConfig(
        buckets=variables.buckets,
        work_bucket=variables.work_bucket,
        ledger_table=variables.ledger_table,
        ops_queue=variables.ops_queue,
        heavy_queue=variables.heavy_queue,
        callback_function=variables.callback_function,
        result_days=variables.result_days,
        time_zone=variables.time_zone,
    )
