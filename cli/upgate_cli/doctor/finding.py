"""What a check found: its verdict, what was seen, and what to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check went. A warning is no failure: something is less than it could be."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the table; `advice` says what to change, and is empty where all is well."""

    check: str
    verdict: Verdict
    seen: str
    advice: str = ""

    @classmethod
    def ok(cls, check: str, seen: str) -> Finding:
        """It is as it should be."""
        return cls(check, Verdict.OK, seen)

    @classmethod
    def warn(cls, check: str, seen: str, advice: str) -> Finding:
        """It works, or could not be tried."""
        return cls(check, Verdict.WARN, seen, advice)

    @classmethod
    def fail(cls, check: str, seen: str, advice: str) -> Finding:
        """Clients will run into it."""
        return cls(check, Verdict.FAIL, seen, advice)
