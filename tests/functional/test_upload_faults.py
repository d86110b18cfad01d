"""A fault at every call of the form upload and of what follows it; what the ledger promises holds.

The calls are counted in a clean run of each scenario, so a call that is new is covered by itself.
Whatever goes wrong: a stored object is accepted by the business server under exactly one id, or
given up and a dead letter; an acknowledged object can be read; nothing is reported that was never
stored; once it is stored nothing but 200, 301, 303 or 579 leaves the function.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import events
from tests.simulation import stack as simulation
from tests.simulation.business import CALLBACK_BODY, CALLBACK_URL
from tests.simulation.client import Upload, upload
from tests.simulation.faults import FAULTS, Call, Fault, OneFault, no_fault
from tests.simulation.stack import Stack

NUMBERS = itertools.count()

type Scenario = Callable[[Stack], list[Upload]]


def token(**policy: Any) -> str:
    """A token of its own, so that no upload is another's repetition."""
    deadline = 4_000_000_000 + next(NUMBERS)
    return events.token(
        callbackUrl=CALLBACK_URL, callbackBody=CALLBACK_BODY, deadline=deadline, **policy
    )


def fresh_key() -> str:
    return f"k-{next(NUMBERS)}"


def new(stack: Stack) -> list[Upload]:
    return [upload(stack, token(), fresh_key(), b"new")]


def overwriting(stack: Stack) -> list[Upload]:
    key = fresh_key()
    signed = token(scope=f"demo:{key}")
    return [upload(stack, signed, key, content) for content in (b"one", b"two")]


def repeated(stack: Stack) -> list[Upload]:
    key, signed = fresh_key(), token()
    return [upload(stack, signed, key, b"again") for _ in range(2)]


def brought_back(stack: Stack) -> list[Upload]:
    """Old content after another: a new upload under the first one's token."""
    key = fresh_key()
    signed = token(scope=f"demo:{key}")
    return [upload(stack, signed, key, content) for content in (b"one", b"two", b"one")]


def refused_at_first(stack: Stack) -> list[Upload]:
    answers = [True, True]
    stack.business.refuses = lambda: bool(answers) and answers.pop()
    return new(stack)


def refused_always(stack: Stack) -> list[Upload]:
    stack.business.refuses = lambda: True
    return new(stack)


def abandoned(stack: Stack, key: str = "") -> list[Upload]:
    """The function dies before the callback, and nobody repeats the upload."""
    plan = stack.plan

    def die(call: Call) -> Fault | None:
        is_deadly = (call.function, call.operation) == ("upload", "Invoke")
        return FAULTS["killed before"] if is_deadly else plan(call)

    stack.plan = die
    sent = upload(stack, token(), key or fresh_key(), b"new", attempts=1)
    stack.plan = plan
    return [sent]


def overwritten(stack: Stack) -> list[Upload]:
    """The function dies before the callback, and another upload is there before S3's event."""
    key = fresh_key()
    (first,) = abandoned(stack, key)
    return [first, upload(stack, token(scope=f"demo:{key}"), key, b"other")]


# What a clean run of each function calls at least.
LEAST = {
    "upload": {"GetSecretValue", "UpdateItem", "PutObject", "Invoke"},
    "callback": {"GetSecretValue", "Callback"},
    "events": {"HeadObject", "GetItem"},
    "redelivery": {"GetItem", "UpdateItem", "Invoke"},
}

# A function, and what it has to do.
COVERED: list[tuple[str, Scenario]] = [
    ("upload", new),
    ("upload", overwriting),
    ("upload", repeated),
    ("upload", brought_back),
    ("upload", refused_at_first),
    ("upload", refused_always),
    ("callback", new),
    ("events", new),
    ("events", abandoned),
    ("events", overwritten),
    ("redelivery", abandoned),
    ("redelivery", refused_at_first),
    ("redelivery", refused_always),
]


# What the longer scenarios are tried with: not done, done unheard of, and the two deaths.
DEEPEST = {"lost", "carried out and its answer lost", "killed before", "killed after"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with simulation.running() as made:
        yield made


def run(stack: Stack, scenario: Scenario) -> list[Upload]:
    """One scenario from a cold start until nothing is left to do."""
    stack.reset()
    uploads = scenario(stack)
    stack.drain()
    return uploads


def check(stack: Stack, uploads: list[Upload]) -> None:
    """What the ledger promises."""
    stored = [(key, found.metadata) for key, found in stack.s3.stored]
    ids = {(key, metadata["upgate-etag"], metadata["upgate-upload"]) for key, metadata in stored}
    reported = {(report.key, report.etag, report.delivery_id) for report in stack.business.accepted}
    given_up = {letter["upload_id"] for letter in stack.queues.dead_letters()}
    assert reported <= ids, "reported, and never stored"
    assert {told for *_, told in ids - reported} <= given_up, "stored, and never reported"
    assert [sent.early for sent in uploads if sent.early] == []
    assert [sent for sent in uploads if sent.is_lost] == [], "acknowledged, and not to be read"
    for sent in uploads:
        assert sent.is_acknowledged or sent.attempts == 1
    # Only content that was brought back, once it was accepted, may have a second id.
    assert len(ids) - len({sent.content for sent in uploads}) in (0, len(uploads) > 2)


def calls_of(stack: Stack, function: str, scenario: Scenario) -> int:
    run(stack, scenario)
    return sum(call.function == function for call in stack.calls)


def walk(stack: Stack, function: str, scenario: Scenario, fault: Fault) -> list[str]:
    """One run for each call of a function; the operations that were hit."""
    hits = []
    for index in range(calls_of(stack, function, scenario)):
        stack.plan = plan = OneFault(function, index, fault)
        try:
            check(stack, run(stack, scenario))
        except AssertionError as error:
            raise AssertionError(f"{fault} at call {index}, {plan.hit}: {error}") from error
        finally:
            stack.plan = no_fault
        hits.append(plan.hit)
    return hits


@pytest.mark.parametrize(
    ("function", "scenario", "fault"),
    [
        (function, scenario, fault)
        for function, scenario in COVERED
        for fault in FAULTS
        if scenario in (new, abandoned) or fault in DEEPEST
    ],
)
def test_fault_at_any_call_breaks_no_promise(
    stack: Stack, function: str, scenario: Scenario, fault: str
) -> None:
    hits = walk(stack, function, scenario, FAULTS[fault])
    assert set(hits) >= LEAST[function]
