"""A client that sends again after a lost answer, with a callback: the same answer, one delivery."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.fakes import aws, dynamodb, dynamodb_values, loopback
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import error as s3_error
from tests.functional.conftest import Functions
from tests.resumable_client import Client, b64
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome, CallbackRequest
from upgate.deliveries.ledger import DynamoLedger, UploadIntent
from upgate.errors import DeliveryUnderWayError
from upgate_aws import clients


class Business:
    """Counts, and names a new key each time it is asked."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.padding = ""
        self.url = ""

    def __call__(self, request: Received) -> Reply:
        self.received.append(request)
        number = len(self.received)
        body = {"key": f"theirs-{number}", "payload": {"id": number}, "pad": self.padding}
        return Reply(200, json.dumps(body).encode())


@pytest.fixture
def business() -> Iterator[Business]:
    server = Business()
    with loopback.serve(server) as url:
        server.url = url
        yield server


@pytest.fixture
def callback(functions: Functions) -> None:
    app = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    functions.aws.functions.functions["callback"] = app.lambda_handler


def token(business: Business, **policy: Any) -> str:
    return events.token(callbackUrl=business.url, callbackBody="k=$(key)&h=$(etag)", **policy)


def form(app: ModuleType, signed: str, content: bytes) -> tuple[int, Any]:
    event = events.form_of({"token": signed, "key": "k"}, content)
    answer = app.lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize("scope", ["demo", "demo:k"])
def test_form_sent_again_is_answered_again_and_called_back_once(
    functions: Functions, business: Business, scope: str
) -> None:
    app, signed = functions.load("upload"), token(business, scope=scope, deadline=4_000_000_001)
    assert form(app, signed, b"again") == form(app, signed, b"again")
    assert len(business.received) == 1


# One token in several hands.

OTHERS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "variable": ({"x:n": "2"}, {}),
    "variable more": ({"x:n": "1", "x:m": ""}, {}),
    "file name": ({}, {"file_name": "b.txt"}),
    "type": ({}, {"mime_type": "text/html"}),
    "metadata": ({"x-qn-meta-a": "2"}, {}),
    "header": ({"cacheControl": "no-cache"}, {}),
}


def shared(business: Business, **policy: Any) -> str:
    policy = {"callbackBody": "k=$(key)&n=$(x:n)&f=$(fname)&t=$(mimeType)", **policy}
    return events.token({"callbackUrl": business.url, "deadline": 4_000_000_040, **policy})


def send(
    app: ModuleType, signed: str, fields: dict[str, str], file: dict[str, str]
) -> tuple[int, Any]:
    fields = {"token": signed, "key": "k", "x:n": "1", "x-qn-meta-a": "1", **fields}
    answer = app.lambda_handler(events.form_of(fields, b"shared", **file), None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize("policy", [{}, {"scope": "demo:k"}, {"commit": "strict"}])
@pytest.mark.parametrize("other", OTHERS)
def test_others_with_the_same_token_and_content_have_an_upload_of_their_own(
    functions: Functions, business: Business, policy: dict[str, Any], other: str
) -> None:
    app, signed = functions.load("upload"), shared(business, **policy)
    theirs = OTHERS[other]
    answers = [send(app, signed, {}, {}), send(app, signed, *theirs)]
    assert [(status, body["payload"]["id"]) for status, body in answers] == [(200, 1), (200, 2)]
    assert len({told.headers["x-upgate-delivery"] for told in business.received}) == 2
    # Each one's repetition is known as one.
    assert send(app, signed, *theirs) == answers[1]
    assert len(business.received) == 2


@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize("scope", ["demo", "demo:k"])
def test_repetition_is_known_though_others_have_sent_the_same_content_since(
    functions: Functions, business: Business, scope: str
) -> None:
    app, signed = functions.load("upload"), shared(business, scope=scope)
    answers = [send(app, signed, {"x:n": name}, {}) for name in ("1", "2", "1", "2")]
    assert answers[:2] == answers[2:]
    assert len(business.received) == 2


@pytest.mark.usefixtures("callback")
def test_form_that_gives_the_object_back_its_metadata_is_a_new_upload(
    functions: Functions, business: Business
) -> None:
    app, signed = functions.load("upload"), shared(business, scope="demo:k")
    for value in ("1", "2", "1"):
        assert send(app, signed, {"x-qn-meta-a": value}, {})[0] == 200
    assert len(business.received) == 3
    stored = functions.aws.s3.objects["s3-demo", "k"]
    assert stored.headers["x-amz-meta-qn-a"] == "1"


@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize("policy", [{}, {"scope": "demo:k"}, {"commit": "strict"}])
def test_what_is_owed_to_one_is_not_replaced_by_another(
    functions: Functions, business: Business, policy: dict[str, Any]
) -> None:
    app, signed = functions.load("upload"), shared(business, **policy)
    with functions.patch.context() as patch:
        patch.setitem(functions.aws.functions.functions, "callback", lambda *_: None)  # dies
        assert send(app, signed, {"x:n": "1"}, {})[0] == 579
    assert send(app, signed, {"x:n": "2"}, {})[0] == 200
    owed = {
        json.loads(item["callback"])["body"].split("&")[1]: item["delivery"]
        for item in functions.table().scan()["Items"]
        if "callback" in item
    }
    assert owed == {"n=1": "owed", "n=2": "accepted"}


@pytest.mark.usefixtures("callback")
def test_blocks_in_several_hands_make_an_upload_each(
    functions: Functions, business: Business
) -> None:
    up = Client(functions.load("resumable"), shared(business))
    ctxs = up.blocks(b"shared blocks")
    pairs = [f"/key/{b64('blocks')}/x:n/{b64(name)}" for name in ("1", "2", "1")]
    answers = [up.mkfile(13, ctxs, pair).short for pair in pairs]
    assert answers[0] == answers[2] == (200, {"key": "theirs-1", "payload": {"id": 1}, "pad": ""})
    assert answers[1] == (200, {"key": "theirs-2", "payload": {"id": 2}, "pad": ""})
    assert len(business.received) == 2


@pytest.mark.usefixtures("callback")
def test_complete_that_says_something_else_finds_its_upload_over(
    functions: Functions, business: Business
) -> None:
    """An uploadId is good for one object (protocol.md 4); a true repetition is answered again."""
    up = Client(functions.load("resumable"), shared(business))
    upload_id = up.initiate()
    parts = up.parts(upload_id, [b"parts"])
    answers = [
        up.complete(upload_id, parts, customVars={"x:n": name}).short for name in ("1", "2", "1")
    ]
    assert [status for status, _ in answers] == [200, 612, 200]
    assert answers[0] == answers[2]
    assert len(business.received) == 1


@pytest.mark.usefixtures("callback")
def test_form_that_found_its_content_there_is_called_back_once(
    functions: Functions, business: Business
) -> None:
    app = functions.load("upload")
    first, second = (token(business, deadline=4_000_000_020 + number) for number in range(2))
    form(app, first, b"same")
    assert form(app, second, b"same") == form(app, second, b"same")
    assert len(business.received) == 2


@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize(("is_stored", "status"), [(True, 579), (False, 599)])
def test_form_whose_callback_another_makes_is_told_not_to_come_again_if_it_is_stored(
    functions: Functions, business: Business, is_stored: bool, status: int
) -> None:
    """A redelivery that died holds the delivery for longer than a client waits."""
    app, signed = functions.load("upload"), token(business, deadline=4_000_000_030)
    functions.patch.setattr("upgate.limits.DELIVERY_CLAIM_SECONDS", 0.1)
    functions.aws.functions.functions["callback"] = lambda *_: None
    assert form(app, signed, b"held")[0] == 579
    (item,) = functions.table().scan()["Items"]
    functions.table().update_item(
        Key={name: item[name] for name in ("pk", "sk")},
        UpdateExpression="SET claimed_until = :until",
        ExpressionAttributeValues={":until": int(time.time() * 1000) + 30_000},
    )
    if not is_stored:
        functions.aws.s3.objects.clear()
    answer = form(app, signed, b"held")
    assert answer[0] == status
    assert ("under way" in answer[1]["error"]) == is_stored


@pytest.mark.usefixtures("callback")
def test_form_whose_name_another_content_has_since_is_614(
    functions: Functions, business: Business
) -> None:
    app = functions.load("upload")
    first, second = (token(business, deadline=4_000_000_022 + number) for number in range(2))
    for signed in (first, second):
        form(app, signed, b"same")
    form(app, token(business, scope="demo:k", deadline=4_000_000_024), b"other")
    assert form(app, second, b"same")[0] == 614


@pytest.mark.usefixtures("callback")
def test_form_of_old_content_after_another_is_a_new_upload(
    functions: Functions, business: Business
) -> None:
    app, signed = functions.load("upload"), token(business, scope="demo:k", deadline=4_000_000_002)
    for content in (b"one", b"two", b"one"):
        assert form(app, signed, content)[0] == 200
    assert len(business.received) == 3
    assert functions.aws.s3.objects["s3-demo", "k"].body == b"one"


@pytest.mark.usefixtures("callback")
def test_form_of_an_object_that_is_gone_is_a_new_upload(
    functions: Functions, business: Business
) -> None:
    app, signed = functions.load("upload"), token(business, deadline=4_000_000_003)
    form(app, signed, b"gone")
    functions.aws.s3.objects.clear()
    form(app, signed, b"gone")
    assert len(business.received) == 2
    assert functions.aws.s3.objects["s3-demo", "k"].body == b"gone"


@pytest.mark.usefixtures("callback")
def test_new_upload_of_old_content_that_is_sent_again_keeps_its_id(
    functions: Functions, business: Business
) -> None:
    app, signed = functions.load("upload"), token(business, scope="demo:k", deadline=4_000_000_010)
    for content in (b"one", b"two"):
        form(app, signed, content)
    assert form(app, signed, b"one") == form(app, signed, b"one")
    assert len(business.received) == 3


@pytest.mark.usefixtures("callback")
def test_answer_too_long_to_keep_is_asked_for_again(
    functions: Functions, business: Business
) -> None:
    app, signed = functions.load("upload"), token(business, deadline=4_000_000_004)
    business.padding = "a" * 300_000
    form(app, signed, b"long")
    assert form(app, signed, b"long")[1]["payload"] == {"id": 2}


@pytest.mark.usefixtures("callback")
def test_key_that_the_business_server_gave_a_session_is_asked_for_once(
    functions: Functions, business: Business
) -> None:
    up = Client(functions.load("resumable"), token(business, callbackFetchKey=1))
    upload_id = up.initiate(None)
    parts = up.parts(upload_id, [b"fetched"], None)
    answers = [up.complete(upload_id, parts, None).short for _ in range(2)]
    assert answers == [(200, {"id": 1})] * 2
    assert [key for bucket, key in functions.aws.s3.objects if bucket == "s3-demo"] == ["theirs-1"]


def an_intent(number: int) -> UploadIntent:
    return UploadIntent(
        upload_id=f"under-way-{number}",
        reqid="r",
        bucket="demo",
        key="k",
        etag="e",
        created_at=1,
        access_key="testak",
        callback=CallbackRequest(
            urls=("https://app.example.com/",),
            host=None,
            body="k=k",
            content_type="application/x-www-form-urlencoded",
            delivery_id=f"under-way-{number}",
            access_key="testak",
            budget_seconds=1.0,
        ),
    )


@pytest.fixture
def ledger(functions: Functions) -> DynamoLedger:
    functions.load("upload")
    return DynamoLedger(clients.dynamodb, aws.TABLE)


def outcome(*, accepted: bool) -> CallbackOutcome:
    attempt = CallbackAttempt(url="https://a/", status=200, error="", milliseconds=1)
    return CallbackOutcome(
        accepted=accepted, body=b'{"a":1}' if accepted else b"", attempts=(attempt,)
    )


def test_upload_under_way_is_not_begun_again(ledger: DynamoLedger) -> None:
    assert ledger.record_intent(an_intent(1)) is None
    with pytest.raises(DeliveryUnderWayError):
        ledger.record_intent(replace(an_intent(1), reqid="another"))


def test_upload_whose_intent_was_written_and_not_confirmed_goes_on(ledger: DynamoLedger) -> None:
    for _ in range(2):  # the client's own second attempt, after the answer to the first was lost
        assert ledger.record_intent(an_intent(6)) is None


def test_repetition_keeps_what_was_tried_before(ledger: DynamoLedger, functions: Functions) -> None:
    ledger.record_intent(an_intent(7))
    ledger.record_delivery("under-way-7", outcome(accepted=False))
    ledger.record_intent(an_intent(7))
    ledger.record_delivery("under-way-7", outcome(accepted=True))
    key = {"pk": "upload#under-way-7", "sk": "intent"}
    assert len(functions.table().get_item(Key=key)["Item"]["history"]) == 2


def test_upload_that_was_accepted_meanwhile_has_its_answer(ledger: DynamoLedger) -> None:
    ledger.record_intent(an_intent(2))
    ledger.record_delivery("under-way-2", outcome(accepted=True))
    assert ledger.record_intent(an_intent(2)) == b'{"a":1}'


def test_upload_that_was_refused_meanwhile_may_be_tried_at_once(ledger: DynamoLedger) -> None:
    ledger.record_intent(an_intent(3))
    ledger.record_delivery("under-way-3", outcome(accepted=False))
    assert ledger.record_intent(an_intent(3)) is None


def test_upload_that_stored_nothing_may_be_tried_at_once(ledger: DynamoLedger) -> None:
    ledger.record_intent(an_intent(4))
    ledger.release("under-way-4")
    assert ledger.record_intent(an_intent(4)) is None


def test_history_without_end_makes_room_for_the_state(
    ledger: DynamoLedger, functions: Functions
) -> None:
    ledger.record_intent(an_intent(8))
    key = {"pk": "upload#under-way-8", "sk": "intent"}
    (item,) = functions.aws.ledger.items()
    room = dynamodb.ITEM_BYTES - dynamodb_values.size_bytes(item)
    functions.table().update_item(
        Key=key,
        UpdateExpression="SET history = :long",
        ExpressionAttributeValues={":long": [{"host": "h" * (room - 50)}]},
    )
    ledger.record_delivery("under-way-8", outcome(accepted=True))
    item = functions.table().get_item(Key=key)["Item"]
    assert (item["delivery"], len(item["history"])) == ("accepted", 1)


@pytest.mark.usefixtures("later")
def test_upload_whose_function_died_may_be_tried_later(ledger: DynamoLedger) -> None:
    ledger.record_intent(an_intent(5))
    time.sleep(0.002)
    assert ledger.record_intent(an_intent(5)) is None


@pytest.mark.usefixtures("callback")
def test_form_that_could_not_be_stored_does_not_hold_up_its_repetition(
    functions: Functions, business: Business
) -> None:
    app, signed = functions.load("upload"), token(business, deadline=4_000_000_009)
    refusals = [s3_error(400, "BadDigest")]
    functions.aws.s3.before_put = lambda _: refusals.pop() if refusals else None
    started = time.monotonic()
    assert [form(app, signed, b"held up")[0] for _ in range(2)] == [599, 200]
    assert time.monotonic() - started < 10
