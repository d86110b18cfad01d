from __future__ import annotations

import pytest

from upgate.answers.request_record import RequestRecord
from upgate.deliveries.redelivery import RedeliveryEnd
from upgate.jobs.work_end import WorkEnd
from upgate_aws import message_outcomes, outcomes
from upgate_aws.emf import Metric
from upgate_aws.outcomes import RequestEnd

STORED = RequestRecord(stored_bytes=5)
EMPTY = RequestRecord(stored_bytes=0)
NOTHING = RequestRecord()
AGAIN = RequestRecord(is_repetition=True)


def end(status: int, record: RequestRecord = NOTHING, code: str = "OK") -> RequestEnd:
    return RequestEnd(status, code, 7, record)


def values(found: tuple[Metric, ...]) -> dict[str, float]:
    return {metric.name: metric.value for metric in found}


@pytest.mark.parametrize(
    ("status", "record", "outcome"),
    [
        (200, STORED, "stored"),
        (301, STORED, "stored"),
        (200, EMPTY, "stored"),
        (200, NOTHING, "answered"),
        (204, NOTHING, "answered"),
        (200, AGAIN, "repeated"),
        (579, STORED, "callback_failed"),
        (400, NOTHING, "refused"),
        (499, NOTHING, "refused"),
        (612, NOTHING, "refused"),
        (701, NOTHING, "refused"),
        (500, NOTHING, "failed"),
        (599, NOTHING, "failed"),
    ],
)
def test_an_end_has_one_word(status: int, record: RequestRecord, outcome: str) -> None:
    assert end(status, record).outcome == outcome


@pytest.mark.parametrize("status", [200, 301, 579])
def test_what_was_stored_is_an_upload_whatever_its_callback_said(status: int) -> None:
    found = values(outcomes.of_upload(end(status, STORED)))
    assert found == {"Upload": 1, "UploadBytes": 5, "UploadMilliseconds": 7}


@pytest.mark.parametrize(
    ("status", "name"), [(403, "4xx"), (579, "5xx"), (614, "6xx"), (701, "7xx")]
)
def test_a_refusal_is_counted_by_its_class(status: int, name: str) -> None:
    [metric] = outcomes.of_upload(end(status))
    assert (metric.name, metric.status_class) == ("UploadRefused", name)


def test_a_fault_is_no_refusal() -> None:
    assert values(outcomes.of_upload(end(599))) == {"UploadFailed": 1}


def test_an_answer_given_again_is_no_upload() -> None:
    assert values(outcomes.of_upload(end(200, AGAIN))) == {"UploadRepeated": 1}


@pytest.mark.parametrize("code", ["NotFound", "MethodNotAllowed"])
def test_a_path_that_is_nobodys_is_no_refused_upload(code: str) -> None:
    assert outcomes.of_upload(end(404, code=code)) == ()


def test_a_block_a_part_or_a_preflight_is_no_upload() -> None:
    assert outcomes.of_upload(end(200)) == ()


@pytest.mark.parametrize(
    ("status", "name"),
    [(200, "TokenIssued"), (401, "TokenRefused"), (429, "TokenRefused"), (599, "TokenFailed")],
)
def test_a_token_is_issued_refused_or_failed(status: int, name: str) -> None:
    assert values(outcomes.of_token(end(status))) == {name: 1}


@pytest.mark.parametrize(
    ("status", "name"),
    [(302, "Download"), (202, "Download"), (404, "DownloadRefused"), (599, "DownloadFailed")],
)
def test_a_download_is_answered_refused_or_failed(status: int, name: str) -> None:
    assert values(outcomes.of_download(end(status))) == {name: 1}


@pytest.mark.parametrize(
    ("accepted", "is_notification", "name"),
    [
        (True, False, "CallbackAccepted"),
        (False, False, "CallbackFailed"),
        (True, True, "NotificationAccepted"),
        (False, True, "NotificationFailed"),
    ],
)
def test_a_callback_is_not_counted_with_notifications(
    accepted: bool, is_notification: bool, name: str
) -> None:
    found = outcomes.of_callback(accepted=accepted, is_notification=is_notification)
    assert values(found) == {name: 1}


def test_a_redelivery_counts_when_it_has_come_to_its_end() -> None:
    found = {end: values(message_outcomes.of_redelivery(end)) for end in RedeliveryEnd}
    assert {end: counted for end, counted in found.items() if counted} == {
        RedeliveryEnd.ACCEPTED: {"RedeliveryAccepted": 1},
        RedeliveryEnd.GIVEN_UP: {"RedeliveryFailed": 1},
    }


def test_jobs_count_when_they_end() -> None:
    found = {end: values(message_outcomes.of_work(end)) for end in WorkEnd}
    assert {end: counted for end, counted in found.items() if counted} == {
        WorkEnd.JOB_DONE: {"JobDone": 1},
        WorkEnd.JOB_FAILED: {"JobFailed": 1},
    }
