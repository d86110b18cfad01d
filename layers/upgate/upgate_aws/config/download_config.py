"""The download function's environment; the first of `buckets` is the one it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.http_config import HttpConfig, http_config
from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadConfig:
    """The download function's environment; the first of `buckets` is the one it serves."""

    http: HttpConfig
    buckets: Mapping[str, str]
    work_bucket: str
    ledger_table: str
    keys_secret: str
    ops_queue: str
    callback_function: str
    result_days: int
    url_lifetime_seconds: int


def download_config(environ: Mapping[str, str]) -> DownloadConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return DownloadConfig(
        http=http_config(variables),
        buckets=variables.buckets,
        work_bucket=variables.work_bucket,
        ledger_table=variables.ledger_table,
        keys_secret=variables.keys_secret,
        ops_queue=variables.ops_queue,
        callback_function=variables.callback_function,
        result_days=variables.result_days,
        url_lifetime_seconds=variables.download_url_seconds,
    )
