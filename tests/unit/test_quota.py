from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.fakes.quota_days import FakeDays
from upgate.answers.stages import Stages
from upgate.errors import (
    FileTooLargeError,
    ObjectExistsError,
    QuotaExceededError,
    StorageFailedError,
    UpgateError,
)
from upgate.tokens.daily_quota import DailyQuota
from upgate.tokens.put_policy import PutPolicy, Scope
from upgate.uploads.quota import Charge, Quotas, Usage, UserDay

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=CHINA).timestamp()
CHARGE = Charge("0123456789abcdef0123456789abcdef", 100)
QUOTA = DailyQuota(name="avatars", uploads=3, size_bytes=1000)


def policy(quota: DailyQuota | None = QUOTA, end_user: str = "u1") -> PutPolicy:
    return PutPolicy(scope=Scope("demo"), end_user=end_user, quota=quota)


def store(
    days: FakeDays,
    *,
    granted: PutPolicy | None = None,
    charge: Charge = CHARGE,
    now: float = NOON,
    error: UpgateError | None = None,
) -> None:
    """An upload whose storing succeeds, or fails with `error`."""
    with Quotas(days, CHINA).charged(granted or policy(), charge, now, Stages()):
        if error is not None:
            raise error


def day(now: float, end_user: str = "u1") -> UserDay:
    days = FakeDays()
    store(days, granted=policy(end_user=end_user), now=now)
    return days.counted[0][0]


# What is counted.


def test_an_upload_is_counted_before_it_is_stored() -> None:
    days = FakeDays()
    with Quotas(days, CHINA).charged(policy(), CHARGE, NOON, Stages()):
        assert [charge for _, charge in days.counted] == [CHARGE]


def test_a_token_without_a_quota_is_not_counted() -> None:
    days = FakeDays()
    store(days, granted=policy(None))
    assert days.counted == []


def test_what_does_not_fit_is_refused_and_not_stored() -> None:
    days, is_stored = FakeDays(Usage(uploads=3), fits=False), False
    with (
        suppress(QuotaExceededError),
        Quotas(days, CHINA).charged(policy(), CHARGE, NOON, Stages()),
    ):
        is_stored = True
    assert not is_stored


def test_a_repetition_of_what_is_counted_is_stored() -> None:
    used = Usage(uploads=3, recent=frozenset((CHARGE.short_id,)))
    store(FakeDays(used, fits=False))


def test_a_new_upload_of_old_content_is_another_one() -> None:
    assert Charge("0" * 32, 1).short_id != Charge("0" * 32 + "-5a17", 1).short_id


def test_a_file_that_no_day_has_room_for_is_413() -> None:
    with pytest.raises(FileTooLargeError):
        store(FakeDays(), charge=Charge(CHARGE.upload_id, 1001))


def test_a_file_that_fills_a_whole_day_is_counted() -> None:
    days = FakeDays()
    store(days, charge=Charge(CHARGE.upload_id, 1000))
    assert len(days.counted) == 1


# What is given back.


def test_what_is_refused_is_given_back() -> None:
    days = FakeDays()
    with pytest.raises(ObjectExistsError):
        store(days, error=ObjectExistsError())
    assert days.given_back == [CHARGE]


def test_after_a_fault_the_count_stays() -> None:
    """The object may be stored: the repetition is free instead."""
    days = FakeDays()
    with pytest.raises(StorageFailedError):
        store(days, error=StorageFailedError())
    assert days.given_back == []


def test_what_another_attempt_counted_is_not_given_back() -> None:
    days = FakeDays(Usage(recent=frozenset((CHARGE.short_id,))), fits=False)
    with pytest.raises(ObjectExistsError):
        store(days, error=ObjectExistsError())
    assert days.given_back == []


def test_a_ledger_that_fails_to_give_back_does_not_hide_the_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise StorageFailedError

    monkeypatch.setattr(FakeDays, "give_back", fail)
    with pytest.raises(ObjectExistsError):
        store(FakeDays(), error=ObjectExistsError())


# Whose day it is, and how long.


def test_a_day_is_of_the_stacks_own_calendar() -> None:
    almost = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC).timestamp()
    assert [day(almost).date, day(almost + 1).date] == ["2026-11-20", "2026-11-21"]


def test_a_day_holds_no_name_of_a_user() -> None:
    assert "u1" not in day(NOON).user


def test_two_users_have_two_days() -> None:
    assert day(NOON, "u1").user != day(NOON, "u2").user


@pytest.mark.parametrize(("seconds_before", "told"), [(3600, 3600), (1.5, 2), (0.1, 1)])
def test_who_is_refused_is_told_when_the_day_ends(seconds_before: float, told: int) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=CHINA).timestamp()
    with pytest.raises(QuotaExceededError) as caught:
        store(FakeDays(Usage(uploads=3), fits=False), now=midnight - seconds_before)
    assert caught.value.retry_after_seconds == told


@pytest.mark.parametrize(
    ("used", "text"),
    [
        (Usage(uploads=3, size_bytes=5), "quota exceeded: 3 uploads a day"),
        (Usage(uploads=1, size_bytes=950), "quota exceeded: 1000 bytes a day, 50 left"),
    ],
)
def test_who_is_refused_is_told_which_limit_it_was(used: Usage, text: str) -> None:
    with pytest.raises(QuotaExceededError) as caught:
        store(FakeDays(used, fits=False))
    assert caught.value.message == text
