"""The events function's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate_aws.config.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsConfig:
    """The events function's environment."""

    ledger_table: str
    event_queue: str
    ops_queue: str
    """Where jobs wait."""
    redelivery_queue: str


def events_config(environ: Mapping[str, str]) -> EventsConfig:
    """Read it; raises ConfigError."""
    variables = Variables(environ)
    return EventsConfig(
        ledger_table=variables.ledger_table,
        event_queue=variables.event_queue,
        ops_queue=variables.ops_queue,
        redelivery_queue=variables.redelivery_queue,
    )
