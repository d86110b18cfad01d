"""A strict upload's function dies before and after each of its AWS calls, and a redelivery's too.

The calls are counted in a clean run, so that one that is added later is covered by itself. What
must hold: nothing visible that was not accepted, and nothing accepted that stays unseen once the
queue is empty and the client has sent its upload once more.
"""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from tests import events
from tests.functional.strict_rig import Death, Rig, Upload, dying
from upgate import limits

ANSWERS = {"accepts": [200], "refuses": [401], "accepts late": [503, 503, 200]}
CASES = [
    *product(("form", "v2"), (False,), ANSWERS, (True, False)),
    *product(("form",), (True,), ANSWERS, (True, False)),
    ("v2 large", True, "accepts", False),
]


# Who is killed closes no connection.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever holds a claim is dead already."""
    for name in ("DELIVERY_CLAIM_SECONDS", "UNREPORTED_SECONDS", "REDELIVERY_CLAIM_SECONDS"):
        monkeypatch.setattr(limits, name, 0)
    yield
    gc.collect()  # here, where it is known why


def deaths(
    rig: Rig, begin: Callable[[], Upload], act: Callable[[Upload], object]
) -> Iterator[Upload]:
    """Begin an upload and die in `act`, for each of its calls, before and after it."""
    clean = Death(index=-1, is_before=True)
    upload = begin()
    with dying(clean):
        act(upload)
    assert clean.calls >= 5
    for index in range(clean.calls):
        for is_before in (True, False):
            rig.messages()
            rig.business.ids.clear()
            rig.business.accepted = 0
            upload = begin()
            death = Death(index, is_before)
            with dying(death):
                act(upload)
            assert death.is_dead
            yield upload


def check(rig: Rig, upload: Upload) -> None:
    """Nothing is visible that was not accepted; all under one id."""
    assert rig.business.accepted or not rig.visible(upload)
    assert len(set(rig.business.ids)) <= 1


def check_end(rig: Rig, upload: Upload, answer: tuple[int, object]) -> None:
    check(rig, upload)
    assert bool(rig.business.accepted) == rig.visible(upload)
    if answer[0] == 200:
        assert rig.visible(upload)
    item = rig.item()
    assert item["hold_id"] not in rig.functions.aws.s3.uploads
    assert item["delivery"] == ("accepted" if rig.business.accepted else "failed")


@pytest.mark.parametrize(("flow", "overwrites", "answers", "repeats_first"), CASES)
def test_upload_that_dies_at_any_call_is_visible_if_and_only_if_it_was_accepted(
    rig: Rig, flow: str, overwrites: bool, answers: str, repeats_first: bool
) -> None:
    def begin() -> Upload:
        return rig.flow(flow, overwrites=overwrites)

    rig.business.answers = ANSWERS[answers]
    for upload in deaths(rig, begin, lambda upload: upload.send()):
        check(rig, upload)
        if not repeats_first:
            rig.drain()
            check(rig, upload)
            assert bool(rig.business.accepted) == rig.visible(upload)
        answer = upload.send()
        check(rig, upload)
        rig.drain()
        check_end(rig, upload, answer)


@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize("repeats", [True, False])
def test_job_of_content_that_was_there_is_begun_though_its_upload_dies_at_any_call(
    rig: Rig, answers: str, repeats: bool
) -> None:
    """S3 tells of no object: whoever brings the upload to its end queues the job."""

    def begin() -> Upload:
        key = uuid.uuid4().hex
        event = events.form_of({"token": events.token(), "key": key}, key.encode())
        assert rig.upload.lambda_handler(event, None)["statusCode"] == 200
        rig.messages(rig.functions.aws.queue_url)
        return rig.form(key, persistentOps="imageInfo")

    rig.business.answers = ANSWERS[answers]
    for upload in deaths(rig, begin, lambda upload: upload.send()):
        if repeats:
            upload.send()
        rig.drain()
        begun = {message["job_id"] for message in rig.messages(rig.functions.aws.queue_url)}
        owed = {rig.item()["persistent_id"]} if rig.business.accepted else set()
        assert begun == owed


@pytest.mark.parametrize("answers", [[503, 200], [503, 401], [503]])
@pytest.mark.parametrize("repeats_first", [True, False])
def test_redelivery_that_dies_at_any_call_is_followed_by_its_message(
    rig: Rig, answers: list[int], repeats_first: bool
) -> None:
    rig.business.answers = answers

    def begin() -> Upload:
        upload = rig.form()
        assert upload.send()[0] == 579
        return upload

    def redeliver(_: Upload) -> None:
        rig.work({"upload_id": rig.business.ids[0], "rung": 0, "due_at": 0})

    for upload in deaths(rig, begin, redeliver):
        check(rig, upload)
        answer: tuple[int, object] = upload.send() if repeats_first else (0, None)
        check(rig, upload)
        assert rig.work({"upload_id": rig.business.ids[0], "rung": 0, "due_at": 0})
        rig.drain()
        check_end(rig, upload, answer)
