"""The callback function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackConfig:
    """The callback function's environment."""

    keys_secret: str
    buckets: Mapping[str, str]
    """The stack's; only their logical names count here."""
    callback_hosts: frozenset[str]
    is_local: bool
    ledger_table: str
    listens: bool
    """Whether `upgate listen` may take callbacks to a developer's machine."""


def callback_config(environ: Mapping[str, str]) -> CallbackConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return CallbackConfig(
        keys_secret=variables.keys_secret,
        buckets=variables.buckets,
        callback_hosts=variables.callback_hosts,
        is_local=variables.is_local,
        ledger_table=variables.ledger_table,
        listens=variables.callback_listen,
    )
