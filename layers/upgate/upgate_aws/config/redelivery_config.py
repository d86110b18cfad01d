"""The redelivery function's environment; `waits` are the ladder's seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryConfig:
    """The redelivery function's environment; `waits` are the ladder's seconds."""

    ledger_table: str
    queue: str
    dead_letters: str
    ops_queue: str
    callback_function: str
    waits: tuple[int, ...]


def redelivery_config(environ: Mapping[str, str]) -> RedeliveryConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return RedeliveryConfig(
        ledger_table=variables.ledger_table,
        queue=variables.redelivery_queue,
        dead_letters=variables.redelivery_dead_letters,
        ops_queue=variables.ops_queue,
        callback_function=variables.callback_function,
        waits=variables.redelivery_waits,
    )
