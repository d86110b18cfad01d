"""Clients that give up while the business server thinks, and send the same again."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Gateway
from tests.e2e.test_clients import token
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply

pytestmark = pytest.mark.e2e

THINKS_SECONDS = 2.0


class SlowServer:
    """Answers each call with its number."""

    def __init__(self) -> None:
        self.calls = 0
        self.url = ""

    def __call__(self, _: Received) -> Reply:
        self.calls += 1
        number = self.calls
        time.sleep(THINKS_SECONDS)
        return Reply(200, json.dumps({"call": number}).encode())


@pytest.fixture
def slow() -> Iterator[SlowServer]:
    server = SlowServer()
    with loopback.serve(server) as url:
        server.url = url
        yield server


def three_at_once(send: Callable[[], requests.Response]) -> list[tuple[int, Any]]:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: send(), range(3)))
    return [(answer.status_code, answer.json()) for answer in answers]


def test_form_sent_three_times_at_once_is_called_back_once(
    gateway: Gateway, slow: SlowServer
) -> None:
    signed = token(gateway, callbackUrl=slow.url, callbackBody="k=$(key)")
    fields = {"token": signed, "key": f"impatient/{uuid.uuid4().hex}"}

    def send() -> requests.Response:
        return requests.post(gateway.url, data=fields, files={"file": b"once"}, timeout=60)

    assert three_at_once(send) == [(200, {"call": 1})] * 3
    assert slow.calls == 1


def test_complete_sent_three_times_at_once_is_called_back_once(
    gateway: Gateway, slow: SlowServer
) -> None:
    signed = token(gateway, callbackUrl=slow.url, callbackBody="k=$(key)")
    headers = {"Authorization": f"UpToken {signed}", "Content-Type": "application/octet-stream"}
    base = f"{gateway.url}/buckets/{gateway.bucket}/objects/~/uploads"
    begun = requests.post(base, headers=headers, timeout=30).json()
    url = f"{base}/{begun['uploadId']}"
    content = uuid.uuid4().bytes
    part = requests.put(f"{url}/1", data=content, headers=headers, timeout=30).json()
    body = json.dumps({"parts": [{"partNumber": 1, "etag": part["etag"]}]})

    def send() -> requests.Response:
        return requests.post(url, data=body, headers=headers, timeout=60)

    assert three_at_once(send) == [(200, {"call": 1})] * 3
    assert slow.calls == 1
