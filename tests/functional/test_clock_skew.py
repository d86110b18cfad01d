"""Clocks that differ: the client's, the business server's, and one function's from another's.

`clock` sets the time of whichever function runs next; the tests' own time stands still.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from tests.functional.conftest import Functions
from tests.functional.test_redelivery import batch
from tests.resumable_client import Client
from upgate import limits
from upgate.callbacks import webhook_signature
from upgate.deliveries.redelivery_queue import Redelivery, encode

HOUR = 3600
DEADLINE = 2_000_000_000


class Clock:
    """Unix seconds; set before a function runs."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = float(DEADLINE - HOUR)
        patch.setattr(time, "time", lambda: self.now)
        # What waits for a claim that another holds waits by this clock.
        patch.setattr(limits, "DELIVERY_CLAIM_SECONDS", 0.2)


class Business:
    """Accepts, or refuses while it is told to; keeps what came."""

    def __init__(self) -> None:
        self.reply = Reply(200, b'{"ok":1}')
        self.received: list[Received] = []
        self.url = ""

    def __call__(self, request: Received) -> Reply:
        self.received.append(request)
        return self.reply


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def business(functions: Functions) -> Iterator[Business]:
    server = Business()
    with loopback.serve(server) as url:
        server.url = f"{url}/cb"
        callback = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        functions.aws.functions.functions["callback"] = callback.lambda_handler
        yield server


def upload(app: ModuleType, token: str, key: str = "k") -> tuple[int, dict[str, Any]]:
    answer = app.lambda_handler(events.form_of({"token": token, "key": key}, key.encode()), None)
    return answer["statusCode"], json.loads(answer["body"])


def owing(business: Business) -> str:
    return events.token(callbackUrl=business.url, callbackBody="key=$(key)", deadline=DEADLINE)


# A token's deadline.


@pytest.mark.parametrize(
    ("now", "status"),
    [(DEADLINE - 1, 200), (DEADLINE - 0.001, 200), (DEADLINE, 401), (DEADLINE + 1, 401)],
)
def test_token_is_good_before_its_deadline_and_not_at_it(
    functions: Functions, clock: Clock, now: float, status: int
) -> None:
    app, token = functions.load("upload"), events.token(deadline=DEADLINE)
    clock.now = now
    assert upload(app, token)[0] == status


@pytest.mark.parametrize(("now", "status"), [(DEADLINE - 1, 200), (DEADLINE, 401)])
def test_resumable_upload_is_held_to_the_same_deadline(
    functions: Functions, clock: Clock, now: float, status: int
) -> None:
    up = Client(functions.load("resumable"), events.token(deadline=DEADLINE))
    clock.now = now
    assert up.mkblk(1, b"a").status == status


@pytest.mark.parametrize(("skew", "status"), [(-2 * HOUR, 200), (HOUR - 1, 200), (HOUR, 401)])
def test_token_of_an_endpoint_with_another_clock_is_good_while_the_gateway_says_so(
    functions: Functions, clock: Clock, skew: int, status: int
) -> None:
    """The gateway's clock is `skew` ahead of the endpoint's, whose tokens last an hour."""
    functions.write_preset("default", {"bucket": "demo"})
    issued = functions.load("token").lambda_handler(events.load("token-default"), None)
    token = json.loads(issued["body"])["token"]
    app = functions.load("upload")
    clock.now += skew
    assert upload(app, token)[0] == status


def test_expired_token_says_by_how_much_so_that_a_wrong_clock_is_seen(
    functions: Functions, clock: Clock
) -> None:
    app = functions.load("upload")
    clock.now = DEADLINE + 7200.9
    assert upload(app, events.token(deadline=DEADLINE)) == (
        401,
        {"error": "token expired 7200 seconds ago"},
    )


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
def test_resumable_upload_goes_on_in_a_function_with_another_clock(
    functions: Functions, clock: Clock, skew: int
) -> None:
    up = Client(functions.load("resumable"), events.token())
    ctx = up.mkblk(2, b"a").body["ctx"]
    upload_id = up.initiate()
    clock.now += skew
    assert up.bput(ctx, 1, b"b").status == 200
    assert up.complete(upload_id, up.parts(upload_id, [b"a"])).status == 200


# A business server that checks the time.


def test_every_attempt_is_stamped_and_signed_at_its_own_time(
    functions: Functions, clock: Clock, business: Business
) -> None:
    business.reply = Reply(503)
    redelivery, app = functions.load("redelivery"), functions.load("upload")
    assert upload(app, owing(business), "stamped")[0] == 579
    upload_id = business.received[0].headers["webhook-id"]
    first = clock.now
    clock.now += 24 * HOUR
    message = encode(Redelivery(upload_id, 0, int(clock.now)))
    assert redelivery.lambda_handler(batch(message), None) == {"batchItemFailures": []}
    stamps = [int(request.headers["webhook-timestamp"]) for request in business.received]
    assert stamps == [int(first), int(clock.now)]
    for request, stamp in zip(business.received, stamps, strict=True):
        expected = webhook_signature.headers(events.PAIR, upload_id, stamp, request.body)
        assert expected.items() <= dict(request.headers).items()


# A claim by a function whose clock is ahead or behind.


def claim_by_a_function_that_died(functions: Functions, app: ModuleType, token: str) -> str:
    """An upload that claimed its callback and was not heard of again; its id."""

    def die(*_: object) -> None:
        raise SystemExit

    ports = app.UPLOADER._ports
    call_back = ports.call_back
    object.__setattr__(ports, "call_back", die)
    try:
        with pytest.raises(SystemExit):
            upload(app, token)
    finally:
        object.__setattr__(ports, "call_back", call_back)
    return functions.aws.s3.objects["s3-demo", "k"].metadata["upgate-upload"]


def claimed_until(functions: Functions, upload_id: str, milliseconds: float) -> None:
    functions.table().update_item(
        Key={"pk": f"upload#{upload_id}", "sk": "intent"},
        UpdateExpression="SET claimed_until = :until",
        ExpressionAttributeValues={":until": round(milliseconds)},
    )


LONGEST_CLAIM_SECONDS = limits.REDELIVERY_CLAIM_SECONDS + limits.CLOCK_SKEW_SECONDS


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(-1.0, 200), (1.0, 579), (LONGEST_CLAIM_SECONDS, 579), (LONGEST_CLAIM_SECONDS + 1, 200)],
    ids=["over", "held", "held-longest", "wrong-clock"],
)
def test_repeated_upload_waits_for_a_claim_unless_only_a_wrong_clock_can_have_made_it(
    functions: Functions, clock: Clock, business: Business, ahead: float, status: int
) -> None:
    app, token = functions.load("upload"), owing(business)
    upload_id = claim_by_a_function_that_died(functions, app, token)
    claimed_until(functions, upload_id, (clock.now + ahead) * 1000)
    assert upload(app, token)[0] == status
    assert {request.headers["webhook-id"] for request in business.received} <= {upload_id}


@pytest.mark.parametrize(
    ("ahead", "calls"),
    [(-1.0, 1), (1.0, 0), (LONGEST_CLAIM_SECONDS, 0), (LONGEST_CLAIM_SECONDS + 1, 1)],
    ids=["over", "held", "held-longest", "wrong-clock"],
)
def test_redelivery_waits_for_a_claim_unless_only_a_wrong_clock_can_have_made_it(
    functions: Functions, clock: Clock, business: Business, ahead: float, calls: int
) -> None:
    redelivery, app = functions.load("redelivery"), functions.load("upload")
    upload_id = claim_by_a_function_that_died(functions, app, owing(business))
    claimed_until(functions, upload_id, (clock.now + ahead) * 1000)
    message = encode(Redelivery(upload_id, 0, int(clock.now)))
    assert redelivery.lambda_handler(batch(message), None) == {"batchItemFailures": []}
    assert len(business.received) == calls


# A message from a function whose clock is ahead or behind.


@pytest.mark.parametrize(
    ("due_in", "calls"),
    [
        (-365 * 24 * HOUR, 1),
        (-1, 1),
        (0, 1),
        (1, 0),
        (24 * HOUR, 0),
        (round(1.2 * 24 * HOUR) + limits.CLOCK_SKEW_SECONDS, 0),
        (round(1.2 * 24 * HOUR) + limits.CLOCK_SKEW_SECONDS + 1, 1),
        (365 * 24 * HOUR, 1),
    ],
)
def test_message_waits_until_it_is_due_but_never_longer_than_the_longest_wait(
    functions: Functions, clock: Clock, business: Business, due_in: int, calls: int
) -> None:
    redelivery, app = functions.load("redelivery"), functions.load("upload")
    upload_id = claim_by_a_function_that_died(functions, app, owing(business))
    clock.now += LONGEST_CLAIM_SECONDS
    message = encode(Redelivery(upload_id, 0, int(clock.now) + due_in))
    assert redelivery.lambda_handler(batch(message), None) == {"batchItemFailures": []}
    assert len(business.received) == calls
