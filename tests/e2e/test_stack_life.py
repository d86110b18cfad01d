"""The stack through `sam deploy`: made, updated in place, deleted; what it leaves behind."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.local_process import ROOT
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate_cli.local import cloud, stack
from upgate_cli.local.emulator import Emulator, emulator
from upgate_cli.local.event import Answer, Request
from upgate_cli.local.gateway import Gateway
from upgate_cli.local.invoker import Invoker
from upgate_cli.local.plain_http import allow_plain_http
from upgate_cli.local.routes import RouteTable, routes_of
from upgate_cli.local.stack import Stack

pytestmark = pytest.mark.e2e

BOUNDARY = "form-boundary"
SECONDS = 120.0


@dataclass(slots=True)
class Life:
    """What was seen on the way."""

    redirects: list[Answer] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    object_after_update: bytes = b""
    deleted: str = ""
    left: set[tuple[str, str]] = field(default_factory=set)
    buckets_left: set[str] = field(default_factory=set)
    objects_left: dict[str, bytes] = field(default_factory=dict)


def aws(service: str, endpoint: str) -> Any:
    return cloud.session().client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


def form(token: str, key: str) -> bytes:
    fields = {"token": token, "key": key}
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append('name="file"; filename="f"\r\n\r\nhello')
    lines = "".join(f"--{BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    return f"{lines}--{BOUNDARY}--\r\n".encode()


async def upload(endpoint: str, deployed: Stack, key: str) -> Answer:
    """An upload that asks for a redirect, through the stack's own routes and functions."""
    secret = aws("secretsmanager", endpoint).get_secret_value(
        SecretId=deployed.resources["KeysSecret"]
    )
    pair = KeyPair(**json.loads(secret["SecretString"]))
    deadline = int(time.time()) + 600
    policy = {"scope": "uploads", "deadline": deadline, "returnUrl": "https://app.example/done"}
    body = form(upload_token.sign(json.dumps(policy).encode(), pair), key)
    headers = (("Host", "here"), ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"))
    async with aiohttp.ClientSession() as http:
        gate = Gateway(RouteTable(routes_of(deployed)), Invoker(http, endpoint))
        return await gate.answer(Request("POST", "/", headers, body, "127.0.0.1"))


async def live(life: Life, state: Path) -> None:
    """Deploy, upload, update one parameter, upload again, delete."""
    async with _emulator(state) as running:
        endpoint = running.endpoint
        template = await stack.build(ROOT, state)
        for status in ("301", "303"):
            deployed = await stack.deploy(
                ROOT, state, endpoint, template, {"RedirectStatus": status}
            )
            if not life.stacks:  # an update leaves the policies of the buckets as they are
                await asyncio.to_thread(allow_plain_http, endpoint, deployed)
            life.stacks.append(deployed)
            life.redirects.append(await upload(endpoint, deployed, f"key-{status}"))
        objects = deployed.resources["UploadBucket"]
        found = aws("s3", endpoint).get_object(Bucket=objects, Key="key-301")
        life.object_after_update = found["Body"].read()
        work = deployed.resources["WorkBucket"]
        aws("s3", endpoint).put_object(Bucket=work, Key="v1/block", Body=b"a block")
        life.deleted = await asyncio.to_thread(delete, endpoint)
        await asyncio.to_thread(look_around, endpoint, life)


@asynccontextmanager
async def _emulator(state: Path) -> AsyncIterator[Emulator]:
    async with emulator(ROOT, state) as running:
        await asyncio.to_thread(stack.create_artifact_bucket, running.endpoint)
        yield running


def delete(endpoint: str) -> str:
    """Delete the stack as `sam delete` has it deleted; returns the status that it ends with.

    SAM CLI itself first looks for what it packaged, and takes no address of a nested template but
    one that begins with https://s3, which the emulator's does not.
    """
    formation = aws("cloudformation", endpoint)
    stack_id = formation.describe_stacks(StackName=stack.STACK_NAME)["Stacks"][0]["StackId"]
    formation.delete_stack(StackName=stack.STACK_NAME)
    waiter = formation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": int(SECONDS)})
    status: str = formation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
    return status


def look_around(endpoint: str, life: Life) -> None:
    """All that is still in the account, of every kind that the stack had."""
    functions = aws("lambda", endpoint)
    kinds = {
        "function": [item["FunctionName"] for item in functions.list_functions()["Functions"]],
        "layer": [item["LayerName"] for item in functions.list_layers()["Layers"]],
        "source": [
            item["UUID"] for item in functions.list_event_source_mappings()["EventSourceMappings"]
        ],
        "table": aws("dynamodb", endpoint).list_tables()["TableNames"],
        "queue": aws("sqs", endpoint).list_queues().get("QueueUrls", []),
        "secret": [
            item["Name"] for item in aws("secretsmanager", endpoint).list_secrets()["SecretList"]
        ],
        "role": [item["RoleName"] for item in aws("iam", endpoint).list_roles()["Roles"]],
        "api": [item["Name"] for item in aws("apigatewayv2", endpoint).get_apis()["Items"]],
        "log group": [
            item["logGroupName"]
            for item in aws("logs", endpoint).describe_log_groups()["logGroups"]
        ],
    }
    life.left = {(kind, name) for kind, names in kinds.items() for name in names}
    s3 = aws("s3", endpoint)
    life.buckets_left = {item["Name"] for item in s3.list_buckets()["Buckets"]}
    for bucket in life.buckets_left - {stack.ARTIFACT_BUCKET}:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            life.objects_left[f"{bucket}/{item['Key']}"] = body


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    state = tmp_path_factory.mktemp("stack")
    seen = Life()
    asyncio.run(live(seen, state))
    yield seen
    shutil.rmtree(state)


def test_upload_is_redirected_as_the_stack_was_deployed(life: Life) -> None:
    assert life.redirects[0].status == 301


def test_changed_parameter_is_in_force_after_the_update(life: Life) -> None:
    assert life.redirects[1].status == 303


def test_update_replaces_nothing(life: Life) -> None:
    before, after = (found.resources for found in life.stacks)
    assert after == before


def test_object_from_before_the_update_is_there(life: Life) -> None:
    assert life.object_after_update == b"hello"


def test_stack_is_deleted_although_its_buckets_hold_something(life: Life) -> None:
    assert life.deleted == "DELETE_COMPLETE"


def test_buckets_with_data_outlive_the_stack(life: Life) -> None:
    buckets = {f"upgate-{name}-{cloud.ACCOUNT}" for name in ("uploads", "work")}
    assert life.buckets_left - {stack.ARTIFACT_BUCKET} == buckets


def test_objects_outlive_the_stack(life: Life) -> None:
    uploads, work = (f"upgate-{name}-{cloud.ACCOUNT}" for name in ("uploads", "work"))
    assert life.objects_left == {
        f"{uploads}/key-301": b"hello",
        f"{uploads}/key-303": b"hello",
        f"{work}/v1/block": b"a block",
    }


def test_what_is_owed_and_the_keys_are_left_and_nothing_else(life: Life) -> None:
    resources = life.stacks[-1].resources
    assert {kind for kind, _ in life.left} == {"table", "secret"}
    names = {name for _, name in life.left}
    assert resources["LedgerTable"] in names
    (secret,) = names - {resources["LedgerTable"]}
    assert secret in resources["KeysSecret"]
