"""A user's day: what its uploads may come to, held when each is about to be stored.

A token is good for many uploads, so nothing that is counted when tokens are handed out would hold.
A token without a quota costs nothing here.
"""

from __future__ import annotations

import hashlib
import logging
import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Protocol

from upgate.answers.stages import Stages
from upgate.errors import (
    FileTooLargeError,
    QuotaExceededError,
    StorageFailedError,
    UpgateError,
)
from upgate.tokens.daily_quota import DailyQuota
from upgate.tokens.put_policy import PutPolicy

_log = logging.getLogger(__name__)

type GiveBack = Callable[[], None]
"""Takes an upload out of the count: its object is gone again."""


@dataclass(frozen=True, slots=True)
class UserDay:
    """One user's day under one quota's name; the user stands in it as a digest."""

    name: str
    user: str
    date: str
    """`YYYY-MM-DD` in the stack's time zone."""
    ends_at: float
    """Unix seconds."""

    def seconds_left(self, now_seconds: float) -> int:
        """Whole seconds until a new day begins, at least one."""
        return max(1, math.ceil(self.ends_at - now_seconds))


def _no() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Charge:
    """One upload, as a day counts it."""

    upload_id: str
    size_bytes: int
    is_replaced: Callable[[], bool] = field(default=_no, compare=False, repr=False)
    """Whether another upload's object is under the name now; may raise StorageFailedError.

    Asked of a repetition only: storing the old content over it is an upload that counts.
    """

    @property
    def short_id(self) -> str:
        """80 bits for the whole id, which has a salt where it is a new upload of old content."""
        return hashlib.sha256(self.upload_id.encode()).hexdigest()[:20]

    def anew(self) -> Charge:
        """The same content, counted as another upload."""
        return replace(self, upload_id=f"{self.upload_id}-{secrets.token_hex(8)}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a day has come to so far, and the short ids of the uploads that came last."""

    uploads: int = 0
    size_bytes: int = 0
    recent: frozenset[str] = frozenset()


class QuotaStore(Protocol):
    """Where days are counted; every method may raise StorageFailedError."""

    def charge(self, day: UserDay, quota: DailyQuota, charge: Charge) -> bool:
        """Count an upload in one conditional write.

        False, and nothing is written: it does not fit, or was counted a short while ago.
        """
        ...

    def usage(self, day: UserDay) -> Usage:
        """How much of a day is used up, as of the latest write."""
        ...

    def give_back(self, day: UserDay, charge: Charge) -> None:
        """Take an upload out of the count again."""
        ...


class Quotas:
    """Days of users, by the stack's calendar."""

    def __init__(self, store: QuotaStore, time_zone: tzinfo) -> None:
        self._store = store
        self._time_zone = time_zone

    def refuse_used_up(self, quota: DailyQuota, end_user: str | None, now_seconds: float) -> None:
        """Refuse early what could only be refused at its end; costs one read.

        Raises:
            QuotaExceededError: nothing more fits into this day, not even an empty file.
            StorageFailedError: the ledger failed.
        """
        if end_user is None:
            return
        day = self._day(quota, end_user, now_seconds)
        usage = self._store.usage(day)
        if _is_reached(quota.uploads, usage.uploads) or _is_reached(
            quota.size_bytes, usage.size_bytes
        ):
            raise _exceeded(quota, usage, day.seconds_left(now_seconds))

    @contextmanager
    def charged(
        self, policy: PutPolicy, charge: Charge, now_seconds: float, stages: Stages
    ) -> Iterator[GiveBack]:
        """Count an upload, then have it stored by the block.

        A repetition of an upload is not counted again, unless another's object has taken its
        place. What is refused in the block is given back, and what the block's value is called
        for. A fault (599) is not: the object may be stored, and the client's repetition is free.

        Raises:
            QuotaExceededError: it does not fit into the user's day any more.
            FileTooLargeError: it would not fit into any day.
            StorageFailedError: the ledger failed, so nothing may be stored.
        """
        if policy.quota is None or policy.end_user is None:
            yield _keep
            return
        day = self._day(policy.quota, policy.end_user, now_seconds)
        with stages.stage("quota"):
            counted = self._count(policy.quota, day, charge, now_seconds)
        give_back = partial(self._give_back, day, counted) if counted else _keep
        try:
            yield give_back
        except StorageFailedError:
            raise
        except UpgateError:
            give_back()
            raise

    def _count(
        self, quota: DailyQuota, day: UserDay, charge: Charge, now_seconds: float
    ) -> Charge | None:
        """What was counted just now; None where an earlier attempt of the same upload was."""
        if quota.size_bytes is not None and charge.size_bytes > quota.size_bytes:
            raise FileTooLargeError
        if self._store.charge(day, quota, charge):
            return charge
        usage = self._store.usage(day)
        if charge.short_id in usage.recent:
            if not charge.is_replaced():
                return None
            again = charge.anew()
            if self._store.charge(day, quota, again):
                return again
            usage = self._store.usage(day)
        raise _exceeded(quota, usage, day.seconds_left(now_seconds))

    def _give_back(self, day: UserDay, charge: Charge) -> None:
        try:
            self._store.give_back(day, charge)
        except StorageFailedError:
            _log.warning("quota of a refused upload not given back", exc_info=True)

    def _day(self, quota: DailyQuota, end_user: str, now_seconds: float) -> UserDay:
        now = datetime.fromtimestamp(now_seconds, self._time_zone)
        tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        user = hashlib.sha256(end_user.encode()).hexdigest()[:32]
        return UserDay(quota.name, user, now.date().isoformat(), tomorrow.timestamp())


def _keep() -> None:
    """Nothing was counted, so there is nothing to give back."""


def _is_reached(limit: int | None, used: int) -> bool:
    return limit is not None and used >= limit


def _exceeded(quota: DailyQuota, usage: Usage, seconds_left: int) -> QuotaExceededError:
    if _is_reached(quota.uploads, usage.uploads):
        return QuotaExceededError(f"quota exceeded: {quota.uploads} uploads a day", seconds_left)
    left = max(0, (quota.size_bytes or 0) - usage.size_bytes)
    return QuotaExceededError(
        f"quota exceeded: {quota.size_bytes} bytes a day, {left} left", seconds_left
    )
