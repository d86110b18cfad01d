from __future__ import annotations

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.tokens import daily_quota
from upgate.tokens.daily_quota import DailyQuota


def test_both_limits_are_read() -> None:
    value = {"name": "avatars", "uploadsPerDay": 3, "bytesPerDay": 4}
    assert daily_quota.parse(value, "u") == DailyQuota(name="avatars", uploads=3, size_bytes=4)


def test_null_is_no_quota() -> None:
    assert daily_quota.parse(None, None) is None


@pytest.mark.parametrize(
    "limit",
    [
        {"uploadsPerDay": 1},
        {"uploadsPerDay": limits.QUOTA_UPLOADS},
        {"bytesPerDay": 1},
        {"bytesPerDay": limits.QUOTA_BYTES},
        {"bytesPerDay": 1, "uploadsPerDay": None},
    ],
)
def test_one_limit_within_its_range_is_enough(limit: dict[str, int | None]) -> None:
    assert daily_quota.parse({"name": "a", **limit}, "u")


@pytest.mark.parametrize(
    "limit",
    [
        {},
        {"uploadsPerDay": None},
        {"uploadsPerDay": 0},
        {"uploadsPerDay": -1},
        {"uploadsPerDay": limits.QUOTA_UPLOADS + 1},
        {"bytesPerDay": limits.QUOTA_BYTES + 1},
        {"uploadsPerDay": True},
        {"uploadsPerDay": 1.0},
        {"uploadsPerDay": "1"},
        {"uploadsPerDay": [1]},
        {"uploadsPerDay": 1, "bytesPerHour": 1},
        {"uploads": 1},
    ],
)
def test_any_other_limit_is_refused(limit: dict[str, object]) -> None:
    with pytest.raises(InvalidArgumentError):
        daily_quota.parse({"name": "a", **limit}, "u")


@pytest.mark.parametrize("name", [None, "", 1, "a#b", "a" * 65, "-"])
def test_a_quota_without_a_proper_name_is_refused(name: object) -> None:
    with pytest.raises(InvalidArgumentError):
        daily_quota.parse({"name": name, "uploadsPerDay": 1}, "u")


@pytest.mark.parametrize("value", [[], "10", 10, True])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(InvalidArgumentError):
        daily_quota.parse(value, "u")


@pytest.mark.parametrize("end_user", [None, ""])
def test_a_quota_that_counts_for_nobody_is_refused(end_user: str | None) -> None:
    with pytest.raises(InvalidArgumentError):
        daily_quota.parse({"name": "a", "uploadsPerDay": 1}, end_user)
