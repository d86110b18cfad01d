"""The callback function in a stack that may be listened to, and in one that may not."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from tests import events
from tests.fakes import aws, loopback
from tests.fakes.loopback import Received, Reply
from tests.functional.conftest import Functions
from upgate.outbound.egress_url import parse_target
from upgate_cli.listening.local_server import replay
from upgate_cli.stack.mailbox_table import MailboxTable

HOST = "app.example.com"  # of events/callback-form.json; resolves nowhere (RFC 2606)


@contextmanager
def listening(functions: Functions, to: str) -> Iterator[None]:
    """What `upgate listen` does, in a thread."""
    session = boto3.Session("test", "test", region_name=aws.REGION)
    client = session.client("dynamodb", endpoint_url=functions.aws.dynamodb_url)
    table = MailboxTable(client, aws.TABLE)
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.02):
            for letter in table.take():
                table.answer(letter, replay(parse_target(to), letter))

    table.lease([HOST])
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        table.release([HOST])
        client.close()


@pytest.fixture
def received() -> list[Received]:
    return []


@pytest.fixture
def laptop(received: list[Received]) -> Iterator[str]:
    def answer(request: Received) -> Reply:
        received.append(request)
        return Reply(200, b'{"from":"laptop"}')

    with loopback.serve(answer) as url:
        yield url


@pytest.mark.parametrize("name", ["callback-form", "callback-json"])
def test_callback_is_answered_by_the_developers_machine(
    functions: Functions, laptop: str, received: list[Received], name: str
) -> None:
    app = functions.load("callback", UPGATE_CALLBACK_LISTEN="true")
    event = events.load(name) | {"budget_seconds": 8}
    event["urls"] = [f"https://{HOST}/qiniu/callback?a=%2F"]
    with listening(functions, laptop):
        outcome = app.lambda_handler(event, None)
    assert (outcome["accepted"], outcome["attempts"][0]["status"]) == (True, 200)
    [request] = received
    assert (request.method, request.path) == ("POST", "/qiniu/callback?a=%2F")
    assert request.headers["host"] == (event["host"] or HOST)
    assert request.headers["x-upgate-delivery"] == event["delivery_id"]
    assert request.body == event["body"].encode()


def test_stack_that_does_not_allow_it_looks_for_no_listener(
    functions: Functions, laptop: str, received: list[Received]
) -> None:
    app = functions.load("callback")
    event = events.load("callback-form") | {"urls": [f"https://{HOST}/"], "budget_seconds": 2}
    with listening(functions, laptop):
        assert app.lambda_handler(event, None)["accepted"] is False
    assert received == []


def test_it_is_never_on_silently(functions: Functions, log: io.StringIO) -> None:
    functions.load("callback")
    assert "CallbackListen" not in log.getvalue()
    functions.load("callback", UPGATE_CALLBACK_LISTEN="true")
    assert "CallbackListen is for development stacks" in log.getvalue()
