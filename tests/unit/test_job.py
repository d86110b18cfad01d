from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest

from upgate.jobs import job_status
from upgate.jobs.job import Code, Item, Job, new_pfop_id, upload_id_of

JOB = Job(
    job_id="z0.1",
    reqid="r",
    bucket="demo",
    key="a.mp4",
    etag="F1",
    created_at=1_724_756_564,
    access_key="testak",
)


def job(*codes: int, notify: Code = Code.WAITING) -> Job:
    items = tuple(Item(number=n, text=f"c{n}", code=Code(code)) for n, code in enumerate(codes))
    return replace(JOB, items=items, notify_code=notify)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((1,), 1),
        ((1, 1), 1),
        ((2, 1), 2),
        ((0, 1), 2),
        ((3, 1), 2),
        ((0, 0), 0),
        ((0, 3), 3),
    ],
)
def test_code_of_a_job_is_made_of_its_items(codes: tuple[int, ...], expected: int) -> None:
    assert job(*codes).code == expected


@pytest.mark.parametrize(("codes", "expected"), [((0,), 4), ((3,), 3), ((1,), 1)])
def test_failed_notification_shows_only_where_all_else_is_well(
    codes: tuple[int, ...], expected: int
) -> None:
    assert job(*codes, notify=Code.NOTIFY_FAILED).code == expected


def test_status_has_kodos_names() -> None:
    """protocol.md 9.2."""
    done = Item(number=0, text="avthumb/mp3", code=Code.DONE, etag="FX", key="k", was_stored=True)
    document = job_status.document(replace(JOB, items=(done,)), timezone(timedelta(hours=8)))
    assert document == {
        "id": "z0.1",
        "code": 0,
        "desc": "The fop was completed successfully",
        "creationDate": "2024-08-27T19:02:44+08:00",
        "inputKey": "a.mp4",
        "inputBucket": "demo",
        "pipeline": "0.default",
        "reqid": "r",
        "type": 0,
        "items": [
            {
                "cmd": "avthumb/mp3",
                "code": 0,
                "desc": "The fop was completed successfully",
                "hash": "FX",
                "key": "k",
                "returnOld": 1,
            }
        ],
    }


def test_failed_item_has_a_reason_and_no_result() -> None:
    failed = Item(number=0, text="x", code=Code.FAILED, error="unknown command x")
    document = job_status.document(replace(JOB, items=(failed,)), UTC)
    assert document["items"] == [
        {
            "cmd": "x",
            "code": 3,
            "desc": "The fop is failed",
            "error": "unknown command x",
            "returnOld": 0,
        }
    ]


def test_id_of_a_pfop_has_kodos_shape() -> None:
    region, dot, digits = new_pfop_id().partition(".")
    assert (region, dot, len(digits), int(digits, 16) >= 0) == ("z0", ".", 24, True)


@pytest.mark.parametrize(("job_id", "upload_id"), [("up.abc", "abc"), ("z0.abc", None)])
def test_only_an_uploads_job_leads_to_an_upload(job_id: str, upload_id: str | None) -> None:
    assert upload_id_of(job_id) == upload_id
