"""`upgate listen` end to end: a client, a deployed stack, and a business server on a laptop.

A stack of its own, deployed with `CallbackListen=true`. The business server is the sample; the
callback's host, app.example.com, does not resolve anywhere (RFC 2606).
"""

from __future__ import annotations

import json
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e import cli_process, sample_server
from tests.e2e.conftest import ACCESS_KEY, BUCKET, SECRET_KEY, Gateway
from tests.e2e.local_process import LocalProcess
from tests.e2e.test_redelivery import settled

pytestmark = pytest.mark.e2e

ORIGIN = "https://app.example.com"
WAIT_SECONDS = 20.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Gateway]:
    keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
    listening = ("--parameter", "CallbackListen=true")
    process = LocalProcess.start("--port", "0", "--bucket", BUCKET, *keys, *listening)
    try:
        url, endpoint, log = map(process.value, ("ready", "aws", "log"))
        running = Gateway(url, ACCESS_KEY, SECRET_KEY, BUCKET, endpoint, Path(log), process)
        yield running
        running.close()
    finally:
        process.end(signal.SIGTERM)


def aws_environment(stack: Gateway) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def is_leased(stack: Gateway) -> bool:
    key = {"pk": {"S": "listener#app.example.com"}, "sk": {"S": "lease"}}
    table = stack.resource("LedgerTable")
    return "Item" in stack.aws("dynamodb").get_item(TableName=table, Key=key)


@contextmanager
def listening(stack: Gateway, to: str) -> Iterator[list[dict[str, Any]]]:
    """`upgate listen` as a process; what it told is in the list after the block."""
    arguments = ("listen", "--for", "app.example.com", "--to", to, "--json")
    process = cli_process.start(*arguments, env=aws_environment(stack))
    told: list[dict[str, Any]] = []
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_leased(stack):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "no lease"
            time.sleep(0.1)
        yield told
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, err.strip()) == (130, "")
    told.extend(map(json.loads, out.splitlines()))


@pytest.fixture
def laptop(stack: Gateway, tmp_path: Path) -> Iterator[str]:
    """The sample business server, which believes to be app.example.com."""
    env = {
        "UPGATE_URL": stack.url,
        "UPGATE_BUCKET": stack.bucket,
        "UPGATE_ACCESS_KEY": stack.access_key,
        "UPGATE_SECRET_KEY": stack.secret_key,
    }
    with sample_server.running(env, tmp_path, "--url", ORIGIN) as url:
        yield url


def upload(stack: Gateway, laptop: str) -> requests.Response:
    """A client that is logged in at the laptop uploads a message."""
    with requests.Session() as client:
        client.post(f"{laptop}/login", data={"uid": "123"}, timeout=10)
        token = client.get(f"{laptop}/token", timeout=10).json()["token"]
    files = {"file": ("hello-qiniu.txt", uuid.uuid4().bytes)}
    return requests.post(stack.url, {"token": token}, files=files, timeout=60)


def test_laptops_answer_reaches_the_phone_in_the_same_request(stack: Gateway, laptop: str) -> None:
    with listening(stack, laptop) as told:
        answer = upload(stack, laptop)
    assert (answer.status_code, answer.json()) == (
        200,
        {"filename": "hello-qiniu.txt", "uid": "123", "msg": "ok"},
    )
    [callback] = told
    assert (callback["host"], callback["path"]) == ("app.example.com", "/callback/message")
    assert (callback["status"], callback["in_time"]) == (200, True)


def test_server_that_is_not_running_is_579_that_says_so(stack: Gateway, laptop: str) -> None:
    with listening(stack, "http://127.0.0.1:9"):
        answer = upload(stack, laptop)
    assert answer.status_code == 579
    inner = json.loads(answer.json()["error"])
    assert inner["error"].endswith("listener: dial 127.0.0.1:9: connection refused")


def test_without_a_listener_the_callback_goes_out_into_the_network(
    stack: Gateway, laptop: str
) -> None:
    with listening(stack, laptop):
        pass
    assert not is_leased(stack)
    answer = upload(stack, laptop)
    assert answer.status_code == 579
    assert "no such host" in json.loads(answer.json()["error"])["error"]


def test_callback_that_was_refused_comes_when_somebody_listens(stack: Gateway, laptop: str) -> None:
    """Redelivery goes the same way."""
    refused = upload(stack, laptop)
    key = json.loads(refused.json()["error"])["key"]
    upload_id = stack.object(key)["Metadata"]["upgate-upload"]
    with listening(stack, laptop) as told:
        assert settled(stack, upload_id)["delivery"]["S"] == "accepted"
    assert refused.status_code == 579
    assert 200 in [callback["status"] for callback in told]


def test_stack_as_it_comes_lets_nobody_listen(gateway: Gateway) -> None:
    arguments = ("listen", "--for", "app.example.com", "--to", "http://127.0.0.1:9")
    done = cli_process.run(*arguments, env=aws_environment(gateway))
    assert done.status == 1
    assert "deploy it with CallbackListen=true" in done.err
