from __future__ import annotations

import json

import pytest

from upgate.jobs import object_created, ops_message
from upgate.jobs.object_created import ObjectCreated
from upgate.jobs.ops_message import MakeResult, Notify, OpsMessage, OpsMessageError, RunJob


def event(key: str, name: str = "ObjectCreated:Put") -> dict[str, object]:
    return {"eventName": name, "s3": {"bucket": {"name": "b"}, "object": {"key": key}}}


@pytest.mark.parametrize(
    "message",
    [
        RunJob("z0.1"),
        Notify("z0.1", 2),
        MakeResult("demo", "好/a b.mp3", "avthumb/mp3|saveas/Zg=="),
    ],
)
def test_own_message_is_read_back(message: OpsMessage) -> None:
    assert ops_message.decode(ops_message.encode(message)) == message


def test_keys_of_events_are_form_encoded() -> None:
    """aws.md 3: as S3 writes them."""
    text = json.dumps({"Records": [event("in/a+b%2Bc%2F%E6%97%A5.jpg")]})
    assert object_created.decode(text) == (ObjectCreated("b", "in/a b+c/日.jpg"),)


def test_all_events_of_a_message_are_read_and_others_left_out() -> None:
    records = [event("a"), event("b", "ObjectRemoved:Delete"), event("c", "s3:ObjectCreated:Copy")]
    text = json.dumps({"Records": records})
    assert object_created.decode(text) == (ObjectCreated("b", "a"), ObjectCreated("b", "c"))


def test_version_of_an_object_is_read_where_its_bucket_keeps_them() -> None:
    s3 = {"bucket": {"name": "b"}, "object": {"key": "a", "versionId": "v1"}}
    text = json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": s3}]})
    assert object_created.decode(text) == (ObjectCreated("b", "a", "v1"),)


def test_test_event_is_none() -> None:
    assert object_created.decode('{"Service":"Amazon S3","Event":"s3:TestEvent"}') == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"upgate":"Other"}',
        '{"upgate":"RunJob"}',
        '{"upgate":"RunJob","job_id":"a","more":1}',
        '{"Records":[{}]}',
        '{"Records":[{"eventName":"ObjectCreated:Put","s3":{}}]}',
    ],
)
def test_any_other_message_is_refused(text: str) -> None:
    with pytest.raises(OpsMessageError):
        ops_message.decode(text)
    with pytest.raises(OpsMessageError):
        object_created.decode(text)


def test_each_queue_takes_its_own_messages_only() -> None:
    with pytest.raises(OpsMessageError):
        object_created.decode(ops_message.encode(RunJob("z0.1")))
    with pytest.raises(OpsMessageError):
        ops_message.decode(json.dumps({"Records": [event("a")]}))
