"""Limits of jobs and results: how long what is written is kept and believed, and how long it is."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from upgate import limits
from upgate.fops.result_name import ResultName
from upgate.fops.result_store import ResultStore
from upgate.jobs import upload_job
from upgate.jobs.job import Code, Item, Job
from upgate.jobs.job_store import JobStore

NOW = 1_800_000_000
NAME = ResultName("etag", "imageView2/2/w/20")
JOB = Job(
    job_id="j",
    reqid="r",
    bucket="b",
    key="k",
    etag="e",
    created_at=NOW,
    access_key="ak",
    items=(Item(number=0, text="avinfo"),),
)


class Table:
    """Takes every write; keeps the last value of each attribute."""

    def __init__(self) -> None:
        self.written: dict[str, Any] = {}

    def put_item(self, **request: Any) -> None:
        self.written |= request["Item"]

    def update_item(self, **request: Any) -> None:
        values = request["ExpressionAttributeValues"]
        self.written |= {name.removeprefix(":"): value for name, value in values.items()}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.written}

    def number(self, name: str) -> int:
        return int(self.written[name]["N"])


@pytest.fixture
def table() -> Table:
    return Table()


def results(table: Table, now: float = NOW) -> ResultStore:
    return ResultStore(lambda: cast("Any", table), "ledger", 30, lambda: now)


@pytest.mark.parametrize("more", [0, 1])
def test_reason_of_a_failed_command_is_cut_at_its_limit(table: Table, more: int) -> None:
    reason = "a" * limits.FOP_ERROR_CHARACTERS + "b" * more
    item = Item(number=0, text="x", code=Code.FAILED, error=reason)
    JobStore(lambda: cast("Any", table), "ledger").finish("j", item)
    assert table.written["failure"]["S"] == "a" * limits.FOP_ERROR_CHARACTERS


@pytest.mark.parametrize("more", [0, 1])
def test_reason_of_a_failed_result_is_cut_at_its_limit(table: Table, more: int) -> None:
    results(table).fail(NAME, "a" * limits.FOP_ERROR_CHARACTERS + "b" * more)
    assert table.written["failure"]["S"] == "a" * limits.FOP_ERROR_CHARACTERS


def test_text_of_a_broken_list_of_commands_is_cut_at_its_limit() -> None:
    (item,) = upload_job.items_of(";" * (limits.FOP_ERROR_CHARACTERS + 1))
    assert (item.code, len(item.text)) == (Code.FAILED, limits.FOP_ERROR_CHARACTERS)


def test_job_is_kept_for_its_lifetime(table: Table) -> None:
    JobStore(lambda: cast("Any", table), "ledger").create(JOB)
    assert table.number("expires_at") == NOW + limits.JOB_LIFETIME_SECONDS


@pytest.mark.parametrize(("late", "code"), [(0, Code.WAITING), (1, Code.FAILED)])
def test_job_waits_for_its_object_up_to_the_limit(
    monkeypatch: pytest.MonkeyPatch, late: int, code: Code
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW + limits.JOB_WAITING_SECONDS + late)
    assert upload_job.aged(JOB).code is code


def test_result_that_is_asked_for_is_believed_for_its_time(table: Table) -> None:
    results(table).queue(NAME)
    ends_at = NOW + limits.RESULT_QUEUED_SECONDS
    assert results(table, ends_at).find(NAME) is not None
    assert results(table, ends_at + 1).find(NAME) is None


def test_failure_is_believed_for_its_time(table: Table) -> None:
    results(table).fail(NAME, "broken")
    ends_at = NOW + limits.RESULT_FAILED_SECONDS
    assert results(table, ends_at).find(NAME) is not None
    assert results(table, ends_at + 1).find(NAME) is None
