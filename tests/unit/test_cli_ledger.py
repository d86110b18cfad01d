"""`upgate trace` and `upgate replay` against moto's AWS in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.fakes.cli import Cli
from tests.unit.test_cli_stack import TABLE, create_stack
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome, CallbackRequest
from upgate.deliveries.delivery_store import DeliveryStore
from upgate.deliveries.ledger import DynamoLedger, UploadIntent
from upgate.jobs.job import Code, Item, Job
from upgate.jobs.job_store import JobStore
from upgate.objects.held_object import Fate, HeldObject

UPLOAD, REQID = "0123456789abcdef0123456789abcdef", "AAAAAH3Dtg3f5qkY"


@dataclass
class World:
    """The command line, and the stack that it talks to."""

    cli: Cli
    ledger: DynamoLedger
    deliveries: DeliveryStore
    jobs: JobStore
    queue: str

    def promise(
        self,
        upload_id: str = UPLOAD,
        operations: str | None = None,
        held: HeldObject | None = None,
    ) -> None:
        request = CallbackRequest(
            urls=("https://app.example.com/cb?secret=1",),
            host=None,
            body="private=1",
            content_type="application/x-www-form-urlencoded",
            delivery_id=upload_id,
            access_key="ak",
            budget_seconds=8,
        )
        self.ledger.record_intent(
            UploadIntent(
                upload_id=upload_id,
                reqid=REQID,
                bucket="demo",
                key="a b.jpg",
                etag="Fetag",
                created_at=int(time.time()),
                callback=request,
                operations=operations,
                persistent_id=f"up.{upload_id}" if operations else None,
                held=held,
            )
        )

    def store(self, upload_id: str = UPLOAD) -> None:
        metadata = {"upgate-upload": upload_id, "upgate-etag": "Fetag"}
        boto3.client("s3").put_object(Bucket="uploads", Key="a b.jpg", Body=b"x", Metadata=metadata)

    def attempt(self, status: int, upload_id: str = UPLOAD) -> None:
        error = "" if status == 200 else "Bad\x1b[1m Gateway"
        attempt = CallbackAttempt(
            url="https://app.example.com/cb?secret=1", status=status, error=error, milliseconds=12
        )
        self.deliveries.record(
            upload_id, CallbackOutcome(accepted=not error, body=b"{}", attempts=(attempt,))
        )

    def give_up(self, upload_id: str = UPLOAD) -> None:
        self.attempt(502, upload_id)
        assert self.deliveries.claim(upload_id, 2, 1, 2)
        attempt = CallbackAttempt(url="https://a/", status=0, error="timed out", milliseconds=9)
        outcome = CallbackOutcome(accepted=False, body=b"", attempts=(attempt,))
        self.deliveries.record_refusal(upload_id, outcome, rung=3, claim=2, is_last=True)

    def sent(self) -> list[dict[str, Any]]:
        found = boto3.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def state(self, upload_id: str = UPLOAD) -> str:
        delivery = self.deliveries.read(upload_id)
        assert delivery is not None
        return f"{delivery.state} {delivery.rung}"


@pytest.fixture
def world(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[World]:
    cli = Cli(capsys, monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        outputs = {
            "LedgerTable": {"Value": {"Ref": "Table"}},
            "UploadBucket": {"Value": {"Ref": "Bucket"}},
            "RedeliveryQueue": {"Value": {"Ref": "Queue"}},
        }
        resources = {
            "Table": TABLE,
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "uploads"}},
            "Queue": {"Type": "AWS::SQS::Queue"},
        }
        create_stack("upgate", {"Resources": resources, "Outputs": outputs})
        client = boto3.client("dynamodb")
        queue = boto3.client("sqs").list_queues()["QueueUrls"][0]
        yield World(
            cli,
            DynamoLedger(lambda: client, "ledger"),
            DeliveryStore(lambda: client, "ledger"),
            JobStore(lambda: client, "ledger"),
            queue,
        )


# trace


@pytest.mark.parametrize("name", [UPLOAD, f"up.{UPLOAD}", REQID])
def test_an_upload_is_found_by_each_of_its_names(world: World, name: str) -> None:
    world.promise()
    world.store()
    world.attempt(502)
    world.attempt(200)
    [trace] = world.cli("trace", name, "--json").json
    assert (trace["upload_id"], trace["reqid"], trace["key"]) == (UPLOAD, REQID, "a b.jpg")
    assert trace["object"] == "stored"
    assert trace["callback"]["state"] == "accepted"
    attempts = trace["callback"]["attempts"]
    assert [(item["host"], item["status"], item["milliseconds"]) for item in attempts] == [
        ("app.example.com", 502, 12),
        ("app.example.com", 200, 12),
    ]


def test_lines_tell_the_story_and_steer_no_terminal(world: World) -> None:
    world.promise()
    world.attempt(502)
    result = world.cli("trace", UPLOAD)
    lines = result.out.splitlines()
    assert lines[0] == f"upload {UPLOAD}  request {REQID}"
    assert lines[1].endswith("promised demo:a b.jpg  Fetag")
    assert lines[2] == "  object not there"
    assert "callback app.example.com  502  12 ms" in lines[3]
    assert lines[4] == "  callback owed"
    assert "\x1b" not in result.out


def test_neither_query_nor_body_of_a_callback_is_shown(world: World) -> None:
    world.promise()
    world.attempt(502)
    for option in ([], ["--json"]):
        out = world.cli("trace", UPLOAD, *option).out
        assert "secret" not in out
        assert "private" not in out


def test_object_of_another_upload_is_told(world: World) -> None:
    world.promise()
    world.store("f" * 32)
    assert world.cli("trace", UPLOAD, "--json").json[0]["object"] == "replaced by another upload"


def job(job_id: str) -> Job:
    items = (Item(number=0, text="avthumb/mp3", code=Code.FAILED, error="no sound"),)
    return Job(
        job_id=job_id,
        reqid=REQID,
        bucket="demo",
        key="a b.jpg",
        etag="Fetag",
        created_at=int(time.time()),
        access_key="ak",
        items=items,
    )


def test_job_of_an_upload_stands_with_it(world: World) -> None:
    world.promise(operations="avthumb/mp3")
    world.jobs.create(job(f"up.{UPLOAD}"))
    [trace] = world.cli("trace", REQID, "--json").json
    assert (trace["job"]["code"], trace["job"]["items"][0]["error"]) == (3, "no sound")
    assert "    avthumb/mp3  failed  no sound" in world.cli("trace", UPLOAD).out


@pytest.mark.parametrize("name", ["z0.abc", REQID])
def test_job_that_was_asked_for_by_itself_is_found(world: World, name: str) -> None:
    world.jobs.create(job("z0.abc"))
    [trace] = world.cli("trace", name, "--json").json
    assert (trace["job"]["id"], trace["callback"]) == ("z0.abc", None)


def test_unknown_name_is_told(world: World) -> None:
    result = world.cli("trace", "nothing")
    assert (result.status, "nothing of nothing in the ledger" in result.err) == (1, True)


# replay


def test_failed_delivery_is_sent_again_from_the_foot_of_the_ladder(world: World) -> None:
    world.promise()
    world.give_up()
    assert world.state() == "failed 3"
    assert world.cli("replay", UPLOAD).out == f"queued {UPLOAD}\n"
    [message] = world.sent()
    assert (message["upload_id"], message["rung"]) == (UPLOAD, 0)
    assert message["due_at"] <= time.time()
    assert world.state() == "owed 0"


def test_all_that_failed_are_sent_again_and_nothing_else(world: World) -> None:
    ids = [character * 32 for character in "abcd"]
    for upload_id in ids:
        world.promise(upload_id)
    world.give_up(ids[0])
    world.give_up(ids[1])
    world.attempt(200, ids[2])
    assert world.cli("replay", "--all-failed", "--json").json == {"replayed": ids[:2]}
    assert sorted(message["upload_id"] for message in world.sent()) == ids[:2]
    assert world.cli("replay", "--all-failed").out == "nothing was given up\n"


def test_accepted_delivery_is_not_sent_again(world: World) -> None:
    world.promise()
    world.attempt(200)
    result = world.cli("replay", UPLOAD)
    assert (result.status, "was accepted" in result.err, world.sent()) == (1, True, [])


def test_delivery_that_was_never_tried_is_not_sent(world: World) -> None:
    """Its object may never have been stored."""
    world.promise()
    result = world.cli("replay", UPLOAD)
    assert (result.status, "not tried yet" in result.err, world.sent()) == (1, True, [])


def test_upload_that_is_not_there_is_told(world: World) -> None:
    result = world.cli("replay", UPLOAD)
    assert (result.status, "no upload" in result.err) == (1, True)
    assert boto3.client("dynamodb").scan(TableName="ledger")["Items"] == []


@pytest.mark.parametrize("arguments", [[], [UPLOAD, "--all-failed"]])
def test_one_or_all_has_to_be_said(world: World, arguments: list[str]) -> None:
    assert world.cli("replay", *arguments).status == 2


# commit strict


HELD = HeldObject(
    bucket="uploads",
    key="a b.jpg",
    etag="Fetag",
    upload_id=UPLOAD,
    insert_only=True,
    multipart_id="m",
    held_at=1_800_000_000,
)


def commit_of(world: World) -> str:
    [trace] = world.cli("trace", UPLOAD, "--json").json
    told: str = trace["commit"]
    assert f"  commit strict: {told}" in world.cli("trace", UPLOAD).out.splitlines()
    return told


def test_trace_tells_what_became_of_a_held_object(world: World) -> None:
    world.promise(held=HELD)
    assert commit_of(world) == "held until 2027-01-21T08:00:00.000Z"
    world.attempt(200)
    assert commit_of(world) == "accepted, not visible yet"
    world.deliveries.mark(UPLOAD, Fate.COMMITTED)
    assert commit_of(world) == "committed"


def test_held_object_that_was_refused_is_gone_and_not_replayed(world: World) -> None:
    world.promise(held=HELD)
    world.give_up()
    assert commit_of(world) == "gone"
    result = world.cli("replay", UPLOAD)
    assert (result.status, "its object is gone" in result.err) == (1, True)
    assert world.cli("replay", "--all-failed").out == "nothing was given up\n"
    assert world.sent() == []


def test_accepted_object_that_is_still_held_is_replayed(world: World) -> None:
    world.promise(held=HELD)
    world.attempt(200)
    world.cli("replay", UPLOAD)
    assert [message["upload_id"] for message in world.sent()] == [UPLOAD]
    world.deliveries.mark(UPLOAD, Fate.COMMITTED)
    assert "was accepted" in world.cli("replay", UPLOAD).err
