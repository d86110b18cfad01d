"""Checks as data: a name, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to try; `run` may raise CommandError. After a gate's failure nothing is tried."""

    name: str
    run: Callable[[Probe], Iterable[Finding]]
    is_gate: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Checks that belong together."""

    title: str
    checks: tuple[Check, ...]
