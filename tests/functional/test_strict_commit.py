"""`commit: strict`: visible only after the business server accepted it, gone once it refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests import events
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import StoredObject
from tests.fakes.s3 import error as s3_error
from tests.functional.strict_rig import Rig, Upload
from tests.resumable_client import content
from upgate import limits
from upgate.contents import qetag

KINDS = ("form", "putb64", "v1", "v1 empty", "v1 large", "v2")


def upload_of(rig: Rig, kind: str) -> Upload:
    kinds: dict[str, Callable[[], Upload]] = {
        "form": rig.form,
        "putb64": rig.putb64,
        "v1": rig.v1,
        "v1 empty": lambda: rig.v1(b""),
        "v1 large": lambda: rig.v1(content(9_000_000)),
        "v2": rig.v2,
    }
    return kinds[kind]()


# Accepted, refused, unknown.


@pytest.mark.parametrize("kind", KINDS)
def test_accepted_upload_becomes_visible_only_after_its_callback(rig: Rig, kind: str) -> None:
    upload = upload_of(rig, kind)
    seen: list[bool] = []
    rig.business.on_call = lambda: seen.append(rig.visible(upload))
    assert upload.send() == (200, {"ok": 1})
    assert (seen, rig.visible(upload), rig.held()) == ([False], True, 0)
    assert (rig.item()["delivery"], rig.item()["fate"]) == ("accepted", "committed")


@pytest.mark.parametrize("kind", KINDS)
def test_refused_upload_is_gone_and_answered_as_kodo_does(rig: Rig, kind: str) -> None:
    rig.business.answers = [401]
    upload = upload_of(rig, kind)
    status, body = upload.send()
    assert (status, '"err_code":401' in body["error"]) == (579, True)
    assert (rig.visible(upload), rig.held()) == (False, 0)
    assert rig.item()["delivery"] == "failed"
    rig.drain()
    assert len(rig.business.ids) == 1
    assert rig.messages(rig.functions.aws.dead_letters_url) == []


@pytest.mark.parametrize("kind", KINDS)
def test_upload_without_an_answer_appears_once_a_redelivery_is_accepted(
    rig: Rig, kind: str
) -> None:
    rig.business.answers = [0, 503, 429, 200]
    upload = upload_of(rig, kind)
    assert upload.send()[0] == 579
    assert (rig.visible(upload), rig.held()) == (False, 1)
    rig.drain()
    assert (rig.visible(upload), rig.held()) == (True, 0)
    assert len(set(rig.business.ids)) == 1
    assert len(rig.business.ids) == 4
    assert upload.send() == (200, {"ok": 1})


def test_stored_object_has_what_the_client_said_of_it(rig: Rig) -> None:
    upload = rig.form(detectMime=0)
    upload.send()
    stored = rig.functions.aws.s3.objects["s3-demo", upload.key]
    assert stored.headers["content-type"] == "text/plain"
    assert stored.metadata["upgate-upload"] == rig.business.ids[0]


def test_redelivery_that_is_refused_ends_it_at_once(rig: Rig) -> None:
    rig.business.answers = [503, 403]
    upload = rig.form()
    upload.send()
    rig.drain()
    assert (rig.visible(upload), rig.held(), len(rig.business.ids)) == (False, 0, 2)
    assert rig.item()["delivery"] == "failed"


def test_ladder_that_ends_leaves_nothing(rig: Rig) -> None:
    rig.business.answers = [503]
    upload = rig.form()
    upload.send()
    rig.drain()
    assert (rig.visible(upload), rig.held(), len(rig.business.ids)) == (False, 0, 4)
    assert rig.item()["delivery"] == "failed"
    assert len(rig.messages(rig.functions.aws.dead_letters_url)) == 1


def test_hold_that_ends_before_the_ladder_leaves_nothing_and_asks_nobody(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.business.answers = [503]
    upload = rig.form()
    upload.send()
    monkeypatch.setattr(limits, "STRICT_HOLD_SECONDS", 0)
    rig.drain()
    assert (rig.visible(upload), rig.held(), len(rig.business.ids)) == (False, 0, 1)


def test_rung_that_would_come_after_the_hold_is_not_waited_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.business.answers = [503]
    upload = rig.form()
    upload.send()
    monkeypatch.setattr(limits, "STRICT_HOLD_SECONDS", 20)  # the second rung waits 30
    rig.drain()
    assert (rig.visible(upload), rig.held(), len(rig.business.ids)) == (False, 0, 2)


@pytest.mark.parametrize("policy", [{"commit": "kodo"}, {"commit": None}])
def test_default_keeps_the_object_that_was_refused(rig: Rig, policy: dict[str, None]) -> None:
    rig.business.answers = [401]
    upload = rig.form(**policy)
    assert upload.send()[0] == 579
    assert rig.visible(upload)


def test_default_with_a_callback_makes_two_writes_and_one_put(rig: Rig) -> None:
    """Counted where they arrive: nothing of a strict upload is paid by others."""
    rig.form(commit=None).send()
    assert [call.operation for call in rig.functions.aws.s3.calls] == ["PutObject"]
    assert rig.messages() == []


# Refused before anything is held.


@pytest.mark.parametrize(
    "policy", [{"callbackUrl": None, "callbackBody": None}, {"callbackFetchKey": 1}]
)
def test_policy_that_cannot_be_strict_is_refused_before_anything_is_held(
    rig: Rig, policy: dict[str, Any]
) -> None:
    assert rig.form(**policy).send()[0] == 400
    assert rig.functions.aws.s3.calls == []


def test_insert_only_name_of_another_content_is_refused_unasked(rig: Rig) -> None:
    rig.functions.aws.s3.objects["s3-demo", "taken"] = StoredObject(b"theirs", {})
    event = events.form_of({"token": rig.token(), "key": "taken"}, b"ours")
    assert rig.upload.lambda_handler(event, None)["statusCode"] == 614
    assert (rig.business.ids, rig.held()) == ([], 0)


def test_insert_only_name_of_the_same_content_is_asked_about_all_the_same(rig: Rig) -> None:
    first = rig.form()
    first.send()
    rig.business.answers = [200, 401, 200]
    second, third = (rig.form(first.key, first.data) for _ in range(2))
    assert [second.send()[0], third.send()[0]] == [579, 200]
    assert (rig.visible(first), rig.held()) == (True, 0)


def test_key_that_may_be_overwritten_is(rig: Rig) -> None:
    for data in (b"one", b"two"):
        assert rig.form("over", data, scope="demo:over").send()[0] == 200
        assert rig.functions.aws.s3.objects["s3-demo", "over"].body == data


def test_two_contents_for_one_insert_only_name_are_not_both_asked_about(rig: Rig) -> None:
    rig.business.answers = [503, 200]
    first = rig.form(data=b"first")
    assert first.send()[0] == 579
    assert rig.form(first.key, b"second").send()[0] == 614
    rig.drain()
    assert (rig.visible(first), len(rig.business.ids)) == (True, 2)


def test_name_of_a_refused_upload_is_free_at_once(rig: Rig) -> None:
    rig.business.answers = [401, 200]
    first = rig.form(data=b"first")
    first.send()
    second = rig.form(first.key, b"second")
    assert second.send()[0] == 200
    assert rig.visible(second)


def test_name_of_an_upload_that_was_given_up_is_free(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.business.answers = [503] * 4 + [200]
    first = rig.form(data=b"first")
    first.send()
    rig.drain()
    second = rig.form(first.key, b"second")
    assert second.send()[0] == 614  # half a minute ago somebody asked for the name
    monkeypatch.setattr(limits, "UNREPORTED_SECONDS", 0)
    assert second.send()[0] == 200
    assert rig.visible(second)


@pytest.mark.parametrize("most", [1, 2])
def test_uploads_of_one_content_wait_for_one_name_up_to_a_number(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(limits, "STRICT_NAME_HOLDERS", most)
    rig.business.answers = [503]
    first = rig.form()
    assert first.send()[0] == 579
    second = rig.form(first.key, first.data)
    assert second.send()[0] == (614 if most == 1 else 579)


# The name is taken while the business server thinks: only S3 can tell.


def test_name_taken_by_a_plain_upload_during_the_callback_is_614_and_told(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    upload = rig.form(data=b"ours")
    theirs = StoredObject(b"theirs", {})

    def take() -> None:
        rig.functions.aws.s3.objects["s3-demo", upload.key] = theirs

    rig.business.on_call = take
    assert upload.send()[0] == 614
    assert rig.functions.aws.s3.objects["s3-demo", upload.key] == theirs
    assert (rig.item()["delivery"], rig.item()["fate"], rig.held()) == ("accepted", "lost", 0)
    [told] = [entry.message for entry in caplog.records if entry.levelname == "ERROR"]
    assert "cannot become visible" in told
    assert upload.send()[0] == 614
    assert len(rig.business.ids) == 1


def test_upload_that_was_lost_is_asked_about_again_once_its_name_is_free(rig: Rig) -> None:
    upload = rig.form(data=b"ours")
    objects = rig.functions.aws.s3.objects

    def take() -> None:
        objects["s3-demo", upload.key] = StoredObject(b"theirs", {})

    rig.business.on_call = take
    upload.send()
    del objects["s3-demo", upload.key]
    rig.business.on_call = lambda: None
    assert upload.send() == (200, {"ok": 1})
    assert rig.visible(upload)


# What S3 says to the last step.


def faulty(operation: str, is_carried_out: bool, replies: list[Reply]) -> object:
    def intercept(name: str, _: Received, carry_out: object) -> Reply:
        if name != operation or not replies:
            return carry_out()  # type: ignore[operator, no-any-return]
        if is_carried_out:
            carry_out()  # type: ignore[operator]
        return replies.pop()

    return intercept


@pytest.mark.parametrize("kind", ["form", "v2"])
@pytest.mark.parametrize("is_carried_out", [True, False])
@pytest.mark.parametrize(
    "replies", [[s3_error(409, "ConditionalRequestConflict")] * 2, [s3_error(500, "InternalError")]]
)
def test_completion_that_fails_for_a_moment_succeeds(
    rig: Rig, kind: str, is_carried_out: bool, replies: list[Reply]
) -> None:
    upload = upload_of(rig, kind)
    rig.functions.aws.s3.intercept = faulty(  # type: ignore[assignment]
        "CompleteMultipartUpload", is_carried_out, list(replies)
    )
    assert upload.send() == (200, {"ok": 1})
    assert (rig.visible(upload), rig.held()) == (True, 0)


@pytest.mark.parametrize("kind", ["form", "v2"])
@pytest.mark.parametrize("repeats_first", [True, False])
def test_completion_that_fails_is_made_up_for_and_nobody_is_asked_again(
    rig: Rig, kind: str, repeats_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    upload = upload_of(rig, kind)
    rig.functions.aws.s3.intercept = faulty(  # type: ignore[assignment]
        "CompleteMultipartUpload", False, [s3_error(503, "SlowDown")] * 99
    )
    assert upload.send()[0] == 599
    assert not rig.visible(upload)
    rig.functions.aws.s3.intercept = None
    if repeats_first:
        assert upload.send() == (200, {"ok": 1})
        assert rig.visible(upload)
    rig.drain()
    assert rig.visible(upload)
    assert upload.send() == (200, {"ok": 1})
    assert (len(rig.business.ids), rig.held()) == (1, 0)


def object_of(upload: Upload) -> StoredObject:
    """The upload's content as somebody else's upload would have stored it."""
    return StoredObject(upload.data, {"x-amz-meta-upgate-etag": qetag.of(upload.data)})


@pytest.mark.parametrize("kind", ["form", "v1", "v2"])
@pytest.mark.parametrize("answers", [[200], [503, 200]])
def test_accepted_upload_appears_although_the_same_content_was_deleted_meanwhile(
    rig: Rig, kind: str, answers: list[int]
) -> None:
    """S3 then refuses its condition for ever (409), and what it refuses cannot be held anew."""
    rig.business.answers = list(answers)
    upload = rig.v2(data=b"one part") if kind == "v2" else upload_of(rig, kind)
    objects = rig.functions.aws.s3.objects
    objects["s3-demo", upload.key] = object_of(upload)

    def delete() -> None:
        objects.pop(("s3-demo", upload.key), None)

    rig.business.on_call = delete
    first = upload.send()
    assert first[0] == (200 if answers == [200] else 579)
    rig.drain()
    assert (rig.visible(upload), rig.held()) == (True, 0)
    assert (rig.item()["fate"], len(rig.business.ids)) == ("committed", len(answers))


def test_accepted_upload_never_replaces_what_came_under_its_name(rig: Rig) -> None:
    """A conflict alone is no leave to drop the condition."""
    upload, fake = rig.form(), rig.functions.aws.s3
    replies = [s3_error(409, "ConditionalRequestConflict")] * 2
    other = StoredObject(b"other", {"x-amz-meta-upgate-etag": "Fother"})

    def intercept(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation != "CompleteMultipartUpload" or not replies:
            return carry_out()
        fake.objects["s3-demo", upload.key] = other
        return replies.pop()

    fake.intercept = intercept
    assert upload.send() == (614, {"error": "file exists"})
    assert (fake.objects["s3-demo", upload.key], rig.held()) == (other, 0)


def test_completion_keeps_its_condition_at_the_first_conflict(rig: Rig) -> None:
    upload, fake = rig.form(), rig.functions.aws.s3
    seen: list[str | None] = []

    def intercept(operation: str, asked: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation != "CompleteMultipartUpload":
            return carry_out()
        seen.append(asked.headers.get("if-none-match"))
        return carry_out() if len(seen) > 2 else s3_error(409, "ConditionalRequestConflict")

    fake.intercept = intercept
    assert upload.send()[0] == 200
    assert seen == ["*", "*", None]


def test_object_that_was_overwritten_since_stays_so(rig: Rig) -> None:
    upload = rig.v2(scope="demo")
    upload.send()
    rig.functions.aws.s3.objects["s3-demo", upload.key] = later = StoredObject(b"later", {})
    rig.change("REMOVE fate")  # as if its function had died before the mark
    rig.drain()
    assert rig.functions.aws.s3.objects["s3-demo", upload.key] == later
    assert rig.item()["fate"] == "there"


# Sent again.


@pytest.mark.parametrize("kind", KINDS)
def test_upload_that_is_repeated_is_answered_again_and_held_no_second_time(
    rig: Rig, kind: str
) -> None:
    upload = upload_of(rig, kind)
    assert [upload.send(), upload.send()] == [(200, {"ok": 1})] * 2
    if kind != "v1 empty":  # nothing tells two empty files apart
        assert len(rig.business.ids) == 1
    assert rig.functions.aws.s3.count("CreateMultipartUpload") == 1
    assert rig.held() == 0


def test_refused_upload_may_be_sent_again(rig: Rig) -> None:
    rig.business.answers = [401, 200]
    upload = rig.v2()
    assert [upload.send()[0], upload.send()[0]] == [579, 200]
    assert (rig.visible(upload), rig.held()) == (True, 0)


def test_repetition_of_an_upload_without_an_answer_takes_its_place(rig: Rig) -> None:
    rig.business.answers = [503, 200]
    upload = rig.form()
    assert [upload.send()[0], upload.send()[0]] == [579, 200]
    assert (rig.visible(upload), rig.held()) == (True, 0)
    rig.drain()
    assert len(rig.business.ids) == 2


def test_form_of_an_object_that_is_gone_is_a_new_upload(rig: Rig) -> None:
    upload = rig.form()
    upload.send()
    rig.functions.aws.s3.objects.clear()
    assert upload.send()[0] == 200
    assert rig.visible(upload)
    assert len(set(rig.business.ids)) == 2


def test_answer_too_long_to_be_kept_is_asked_for_again_and_nothing_is_held_again(
    rig: Rig,
) -> None:
    rig.business.body = b'{"pad":"%s"}' % (b"a" * 300_000)
    upload = rig.form()
    assert [upload.send()[0], upload.send()[0]] == [200, 200]
    assert len(rig.business.ids) == 2
    assert rig.functions.aws.s3.count("CreateMultipartUpload") == 1


def test_repetition_waits_for_the_call_that_is_under_way(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DELIVERY_CLAIM_SECONDS", 0.3)
    rig.business.answers = [503]
    upload = rig.form()
    upload.send()
    rig.change("SET claimed_until = :soon", soon=int(time.time() * 1000) + 60_000)
    assert upload.send()[0] == 599
    assert (len(rig.business.ids), rig.held()) == (1, 1)


def test_queue_that_fails_lets_nothing_be_held(rig: Rig) -> None:
    rig.upload = rig.functions.load("upload", AWS_ENDPOINT_URL_SQS="http://127.0.0.1:9")
    upload = rig.form()
    assert upload.send()[0] == 599
    assert (rig.business.ids, rig.held(), rig.visible(upload)) == ([], 0, False)
