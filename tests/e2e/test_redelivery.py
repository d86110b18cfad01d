"""Redelivery end to end, with the template's own queues and rights enforced."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import qiniu
import requests

from tests.e2e import cli_process
from tests.e2e.conftest import Gateway
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate.callbacks.callback import CallbackRequest

pytestmark = pytest.mark.e2e

WAIT_SECONDS = 60.0


class Business:
    """Refuses at first; counts only what carries a right Standard Webhooks signature."""

    def __init__(self, secret_key: str, refusals: int) -> None:
        self._secret = secret_key.encode()
        self._refusals = refusals
        self.url = ""
        self.ids: list[str] = []

    def __call__(self, request: Received) -> Reply:
        found = request.headers
        signed = f"{found['webhook-id']}.{found['webhook-timestamp']}.".encode() + request.body
        digest = hmac.digest(self._secret, signed, hashlib.sha256)
        if found["webhook-signature"] != "v1," + base64.b64encode(digest).decode():
            return Reply(401)
        assert found["x-upgate-delivery"] == found["webhook-id"]
        self.ids.append(found["webhook-id"])
        return Reply(500) if len(self.ids) <= self._refusals else Reply(200, b'{"ok":1}')


@contextmanager
def business(gateway: Gateway, refusals: int) -> Iterator[Business]:
    server = Business(gateway.secret_key, refusals)
    with loopback.serve(server) as origin:
        server.url = f"{origin}/cb"
        yield server


def intent(gateway: Gateway, upload_id: str) -> dict[str, Any]:
    key = {"pk": {"S": f"upload#{upload_id}"}, "sk": {"S": "intent"}}
    found = gateway.aws("dynamodb").get_item(TableName=gateway.resource("LedgerTable"), Key=key)
    item: dict[str, Any] = found["Item"]
    return item


def settled(gateway: Gateway, upload_id: str) -> dict[str, Any]:
    """The intent once its callback is not owed any more."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends_at:
        item = intent(gateway, upload_id)
        if item["delivery"]["S"] != "owed":
            return item
        time.sleep(0.3)
    pytest.fail(f"still owed after {WAIT_SECONDS} s")


def upload(gateway: Gateway, url: str) -> tuple[str, int]:
    key = f"redelivery/{uuid.uuid4().hex}"
    policy = {
        "callbackUrl": url,
        "callbackBody": '{"key":$(key)}',
        "callbackBodyType": "application/json",
    }
    auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
    token = auth.upload_token(gateway.bucket, key, policy=policy)
    files = {"file": ("a", key.encode())}
    answer = requests.post(gateway.url, {"token": token, "key": key}, files=files, timeout=60)
    return key, answer.status_code


def test_server_that_refuses_three_times_is_told_until_it_accepts(gateway: Gateway) -> None:
    with business(gateway, refusals=3) as server:
        key, status = upload(gateway, server.url)
        assert status == 579
        upload_id = gateway.object(key)["Metadata"]["upgate-upload"]
        item = settled(gateway, upload_id)
        time.sleep(2)  # one more would come now
    assert item["delivery"]["S"] == "accepted"
    assert server.ids == [upload_id] * 4
    statuses = [entry["M"]["status"]["N"] for entry in item["history"]["L"]]
    assert statuses == ["500", "500", "500", "200"]


def test_object_whose_function_died_before_the_callback_is_reported(gateway: Gateway) -> None:
    """What such a function leaves behind: the intent, and the object."""
    upload_id, key = uuid.uuid4().hex, f"redelivery/{uuid.uuid4().hex}"
    with business(gateway, refusals=0) as server:
        request = CallbackRequest(
            urls=(server.url,),
            host=None,
            body="key=a",
            content_type="application/x-www-form-urlencoded",
            delivery_id=upload_id,
            access_key=gateway.access_key,
            budget_seconds=5.0,
        )
        texts = {"bucket": gateway.bucket, "key": key, "callback": request.to_json()}
        texts |= {"pk": f"upload#{upload_id}", "sk": "intent", "delivery": "owed"}
        gateway.aws("dynamodb").put_item(
            TableName=gateway.resource("LedgerTable"),
            Item={name: {"S": value} for name, value in texts.items()}
            | {"created_at": {"N": str(int(time.time()) - 29)}},
        )
        gateway.aws("s3").put_object(
            Bucket=gateway.resource("UploadBucket"),
            Key=key,
            Body=b"stored",
            Metadata={"upgate-upload": upload_id, "upgate-etag": "x"},
        )
        assert settled(gateway, upload_id)["delivery"]["S"] == "accepted"
    assert server.ids == [upload_id]


def upgate(gateway: Gateway, *arguments: str) -> Any:
    """The JSON document of an operator's command."""
    env = {
        "AWS_ENDPOINT_URL": gateway.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = cli_process.run(*arguments, "--json", env=env)
    assert (done.status, done.err) == (0, ""), done
    return done.json


def test_delivery_that_was_given_up_is_traced_and_replayed(gateway: Gateway) -> None:
    with business(gateway, refusals=1) as server:
        key, _ = upload(gateway, server.url)
        upload_id = gateway.object(key)["Metadata"]["upgate-upload"]
        gateway.aws("dynamodb").update_item(  # as if the ladder had ended
            TableName=gateway.resource("LedgerTable"),
            Key={"pk": {"S": f"upload#{upload_id}"}, "sk": {"S": "intent"}},
            UpdateExpression="SET delivery = :failed",
            ExpressionAttributeValues={":failed": {"S": "failed"}},
        )
        [trace] = upgate(gateway, "trace", upload_id)
        assert (trace["key"], trace["object"]) == (key, "stored")
        assert trace["callback"]["state"] == "failed"
        assert trace["callback"]["attempts"][0]["status"] == 500
        assert upgate(gateway, "trace", trace["reqid"]) == [trace]
        assert upgate(gateway, "replay", upload_id) == {"replayed": [upload_id]}
        assert settled(gateway, upload_id)["delivery"]["S"] == "accepted"
    assert set(server.ids) == {upload_id}
