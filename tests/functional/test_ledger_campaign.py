"""The benchmark of the ledger's promise, small: uploads among kills, refusals and lost answers."""

from __future__ import annotations

import pytest

from bench import ledger
from bench.ledger import Result
from upgate.jobs.object_debts import ObjectDebts

UPLOADS = 150
FEW = 40


@pytest.fixture(scope="module")
def result() -> Result:
    return ledger.measure(UPLOADS, seed=7)


def test_every_stored_object_is_reported(result: Result) -> None:
    assert (result.unreported, result.invented) == (0, 0)


def test_no_upload_is_reported_under_two_ids(result: Result) -> None:
    assert result.ids_above_one == 0


def test_what_is_acknowledged_can_be_read(result: Result) -> None:
    assert result.unreadable == 0


def test_ledger_costs_two_writes_with_a_callback_and_none_without(result: Result) -> None:
    assert (result.callback_writes, result.plain_writes) == (2, 0)


def test_the_run_was_none_of_peace(result: Result) -> None:
    assert result.kills > UPLOADS / 10
    assert result.faults > UPLOADS / 10
    assert result.statuses[500] > 0


def test_without_the_event_somebody_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObjectDebts, "_have_reported", lambda *_: None)
    monkeypatch.setattr(ledger, "KILLED", 0.1)
    assert ledger.measure(FEW, seed=7).unreported > 0
