"""Days of users in memory, for tests of the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from upgate.tokens.daily_quota import DailyQuota
from upgate.uploads.quota import Charge, Usage, UserDay


@dataclass(slots=True)
class FakeDays:
    """Every day is used as `used` says; what is counted and given back is written down."""

    used: Usage = field(default_factory=Usage)
    fits: bool = True
    counted: list[tuple[UserDay, Charge]] = field(default_factory=list)
    given_back: list[Charge] = field(default_factory=list)

    def charge(self, day: UserDay, quota: DailyQuota, charge: Charge) -> bool:
        if self.fits:
            self.counted.append((day, charge))
        return self.fits

    def usage(self, day: UserDay) -> Usage:
        return self.used

    def give_back(self, day: UserDay, charge: Charge) -> None:
        self.given_back.append(charge)
