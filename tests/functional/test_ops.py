"""asyncops, download, query and avinfo over the fakes: faults, repetitions, refusals."""

from __future__ import annotations

import base64
import io
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from PIL import Image

from tests import emf, events, log_lines
from tests.fakes import aws
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import StoredObject, error
from tests.functional.conftest import Functions
from tests.resumable_client import Client, b64, cut
from upgate import encoding, limits
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome
from upgate.errors import TooSlowError
from upgate.fops.result_name import ResultName
from upgate.jobs.job import Item
from upgate.tokens.keys import KeyPair

BUCKET, WORK = "s3-demo", "s3-work"
VIEW = "imageView2/2/w/20"


class Context:
    """What Lambda gives a handler beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def photo(colour: str = "teal") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(stream, "JPEG")
    return stream.getvalue()


def sqs(functions: Functions) -> Any:
    return boto3.client(
        "sqs",
        endpoint_url=functions.aws.sqs_url,
        region_name=aws.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def waiting(functions: Functions) -> list[dict[str, Any]]:
    """The messages that the functions have sent, delays passed over."""
    queue, url = sqs(functions), functions.aws.queue_url
    messages = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:  # or another test would find it again half a minute later
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


@pytest.fixture(autouse=True)
def _empty_queue(functions: Functions) -> None:
    waiting(functions)


def batch(*bodies: str, attempt: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(attempt)},
            }
            for number, body in enumerate(bodies)
        ]
    }


def created(key: str) -> str:
    record = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key}},
    }
    return json.dumps({"Records": [record]})


def store(functions: Functions, key: str, body: bytes, **metadata: str) -> None:
    headers = {"content-type": "image/jpeg"}
    headers |= {f"x-amz-meta-{name}": value for name, value in metadata.items()}
    functions.aws.s3.objects[(BUCKET, key)] = StoredObject(body, headers)


def results(functions: Functions) -> list[str]:
    return [key for bucket, key in functions.aws.s3.objects if bucket == WORK]


def upload(functions: Functions, **policy: Any) -> tuple[str, str]:
    """Upload a picture with operations; returns its key and the job's id."""
    key = f"{uuid.uuid4().hex}.jpg"
    app = functions.load("upload")
    colour = f"#{uuid.uuid4().hex[:6]}"
    fields = {"token": events.token(policy), "key": key}
    event = events.form_of(fields, photo(colour), "a.jpg", "image/jpeg")
    answer = app.lambda_handler(event, None)
    assert answer["statusCode"] == 200, answer
    return key, json.loads(answer["body"])["persistentId"]


def run(app: ModuleType, *bodies: str, attempt: int = 1) -> list[str]:
    """Have asyncops work on messages; returns those that are to come again."""
    answer = app.lambda_handler(batch(*bodies, attempt=attempt), Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def look(functions: Functions, key: str) -> list[str]:
    """Have an object's event looked at; returns what the operations' queue is sent."""
    assert run(functions.load("events"), created(key)) == []
    return [json.dumps(message) for message in waiting(functions)]


def happen(functions: Functions, app: ModuleType, key: str) -> list[str]:
    """Have asyncops work on what an object's event comes to; as `run`."""
    return run(app, *look(functions, key))


def query(functions: Functions, job_id: str) -> tuple[int, Any]:
    app = functions.load("query")
    event = events.http("GET", "/status/get/prefop") | {"rawQueryString": f"id={job_id}"}
    answer = app.lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def codes(functions: Functions, job_id: str) -> list[int]:
    return [item["code"] for item in query(functions, job_id)[1]["items"]]


# Jobs of uploads whose content was there already.


def same_form(functions: Functions, key: str, data: bytes, **policy: Any) -> tuple[int, Any]:
    """A picture under a token of its own."""
    signed = events.token({"deadline": 4_000_000_000, **policy})
    event = events.form_of({"token": signed, "key": key}, data, "a.jpg", "image/jpeg")
    answer = functions.load("upload").lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def same_putb64(functions: Functions, key: str, data: bytes, **policy: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"UpToken {events.token(policy)}"}
    path = f"/putb64/-1/key/{b64(key)}"
    event = events.http("POST", path, base64.b64encode(data), headers, "POST /putb64/{proxy+}")
    answer = functions.load("upload").lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def same_v1(functions: Functions, key: str, data: bytes, **policy: Any) -> tuple[int, Any]:
    up = Client(functions.load("resumable"), events.token(insertOnly=1, **policy))
    return up.mkfile(len(data), up.blocks(data), f"/key/{b64(key)}").short


def same_v2(functions: Functions, key: str, data: bytes, **policy: Any) -> tuple[int, Any]:
    up = Client(functions.load("resumable"), events.token(policy))
    upload_id = up.initiate(key)
    return up.complete(upload_id, up.parts(upload_id, [data], key), key).short


FLOWS = [same_form, same_putb64, same_v1, same_v2]


def work_off(functions: Functions) -> list[str]:
    """Have asyncops work on what the uploads sent; returns the kinds of messages."""
    app, kinds = functions.load("asyncops"), []
    while messages := waiting(functions):
        kinds += [message["upgate"] for message in messages]
        assert run(app, *map(json.dumps, messages)) == []
    return kinds


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_job_of_an_upload_whose_content_was_there_runs(functions: Functions, flow: Any) -> None:
    key, data = f"{uuid.uuid4().hex}.jpg", photo(f"#{uuid.uuid4().hex[:6]}")
    assert same_form(functions, key, data)[0] == 200
    status, body = flow(functions, key, data, persistentOps=VIEW)
    assert status == 200
    assert work_off(functions) == ["RunJob"]
    assert query(functions, body["persistentId"])[1]["code"] == 0


def test_result_that_is_there_is_reported_at_once_and_notified(
    functions: Functions,
) -> None:
    asked = answering(functions, True)
    key, data = f"{uuid.uuid4().hex}.jpg", photo(f"#{uuid.uuid4().hex[:6]}")
    policy = {"persistentOps": VIEW, "persistentNotifyUrl": "https://app.example.com/done"}
    first = same_form(functions, key, data, **policy)[1]["persistentId"]
    assert run(functions.load("events"), created(key)) == []
    assert work_off(functions) == ["RunJob"]
    second = same_form(functions, key, data, endUser="another", **policy)[1]["persistentId"]
    assert work_off(functions) == ["RunJob"]
    items = [query(functions, job_id)[1]["items"][0] for job_id in (first, second)]
    assert [(item["code"], item["returnOld"]) for item in items] == [(0, 0), (0, 1)]
    assert items[0]["key"] == items[1]["key"]
    assert [json.loads(told["body"])["id"] for told in asked] == [first, second]


def test_repetition_of_it_starts_the_job_no_second_time(
    functions: Functions,
) -> None:
    asked = answering(functions, True)
    key, data = f"{uuid.uuid4().hex}.jpg", photo(f"#{uuid.uuid4().hex[:6]}")
    policy = {"persistentOps": VIEW, "persistentNotifyUrl": "https://app.example.com/done"}
    same_form(functions, key, data)
    ids = {same_form(functions, key, data, **policy)[1]["persistentId"] for _ in range(2)}
    work_off(functions)
    assert [json.loads(told["body"])["id"] for told in asked] == list(ids)


def test_upload_that_is_told_of_sends_nothing(functions: Functions) -> None:
    key, data = f"{uuid.uuid4().hex}.jpg", photo(f"#{uuid.uuid4().hex[:6]}")
    for _ in range(2):  # its own repetition finds its own object
        assert same_form(functions, key, data, persistentOps=VIEW)[0] == 200
    assert same_form(functions, key, data)[0] == 200  # and owes nothing
    assert waiting(functions) == []


def test_job_that_cannot_be_queued_is_no_success_and_is_queued_by_a_repetition(
    functions: Functions,
) -> None:
    key, data = f"{uuid.uuid4().hex}.jpg", photo(f"#{uuid.uuid4().hex[:6]}")
    same_form(functions, key, data)
    functions.aws.environment["UPGATE_OPS_QUEUE"] = f"{functions.aws.queue_url}-gone"
    try:
        assert same_form(functions, key, data, persistentOps=VIEW)[0] == 599
    finally:
        functions.aws.environment["UPGATE_OPS_QUEUE"] = functions.aws.queue_url
    status, body = same_form(functions, key, data, persistentOps=VIEW)
    assert status == 200
    assert work_off(functions) == ["RunJob"]
    assert query(functions, body["persistentId"])[1]["code"] == 0


def test_job_of_parts_whose_content_comes_under_the_name_meanwhile_runs(
    functions: Functions,
) -> None:
    """Nothing is there when it is looked for; S3 refuses to complete the multipart upload."""
    piece = limits.S3_PART_BYTES // 2 + 1  # two make an S3 part
    data = photo().ljust(2 * piece + 9, b"\0")
    key, other = (f"{uuid.uuid4().hex}.jpg" for _ in range(2))
    resumable, s3 = functions.load("resumable"), functions.aws.s3

    def uploaded(key: str, **policy: Any) -> tuple[int, Any]:
        up = Client(resumable, events.token(policy))
        upload_id = up.initiate(key)
        return up.complete(upload_id, up.parts(upload_id, cut(data, piece), key), key).short

    def overtaken(operation: str, _: Received, carry_out: Callable[[], Reply]) -> Reply:
        if operation == "CompleteMultipartUpload":
            s3.objects[BUCKET, key] = s3.objects[BUCKET, other]
        return carry_out()

    assert uploaded(other)[0] == 200
    s3.intercept = overtaken
    status, body = uploaded(key, persistentOps=VIEW)
    s3.intercept = None
    assert status == 200
    assert [call.status for call in s3.calls if call.operation == "CompleteMultipartUpload"] == [
        200,
        412,
    ]
    assert work_off(functions) == ["RunJob"]
    assert query(functions, body["persistentId"])[1]["code"] == 0


# Jobs of uploads.


def test_job_can_be_asked_for_before_its_event_has_come(functions: Functions) -> None:
    _, job_id = upload(functions, persistentOps=f"{VIEW};{VIEW}|{VIEW}", persistentType=1)
    status, job = query(functions, job_id)
    assert (status, job["code"], job["type"]) == (200, 1, 1)
    assert [item["code"] for item in job["items"]] == [1, 1]


def test_job_that_nothing_came_of_in_a_day_has_failed(functions: Functions) -> None:
    _, job_id = upload(functions, persistentOps=VIEW)
    functions.table().update_item(
        Key={"pk": f"upload#{job_id.removeprefix('up.')}", "sk": "intent"},
        UpdateExpression="SET created_at = created_at - :day",
        ExpressionAttributeValues={":day": 25 * 3600},
    )
    job = query(functions, job_id)[1]
    assert (job["code"], "replaced" in job["items"][0]["error"]) == (3, True)


def test_event_runs_the_commands_once_however_often_it_comes(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=f"{VIEW};imageView2/1/w/9/h/9")
    app = functions.load("asyncops")
    for _ in range(3):
        assert happen(functions, app, key) == []
    assert codes(functions, job_id) == [0, 0]
    assert len(results(functions)) == 2
    assert functions.aws.s3.count("PutObject") == 3  # the upload, and two results


def test_commands_of_a_job_share_one_download_and_leave_nothing(
    functions: Functions, tmp_path: Path
) -> None:
    key, job_id = upload(functions, persistentOps=f"{VIEW};imageView2/1/w/9/h/9;imageView2/0/w/8")
    app = functions.load("asyncops")
    functions.patch.setattr(app.MAKER, "_ports", replace(app.MAKER._ports, folder=tmp_path))
    happen(functions, app, key)
    assert codes(functions, job_id) == [0, 0, 0]
    assert functions.aws.s3.count("GetObject") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("more", "code"), [(-1, 0), (0, 3)])
def test_command_that_ended_its_function_is_tried_up_to_the_limit(
    functions: Functions, more: int, code: int
) -> None:
    key, job_id = upload(functions, persistentOps=VIEW)
    messages = look(functions, key)
    app = functions.load("asyncops")
    for _ in range(limits.FOP_ATTEMPTS + more):
        app.RUNNER._ports.jobs.start(job_id, Item(number=0, text=VIEW))
    run(app, *messages)
    assert codes(functions, job_id) == [code]


def test_bad_command_does_not_keep_the_others_from_running(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=f"nonsense;{VIEW};imageView2/1/w/x")
    assert happen(functions, functions.load("asyncops"), key) == []
    assert codes(functions, job_id) == [3, 0, 3]


@pytest.mark.parametrize(("command", "name"), [(VIEW, "JobDone"), ("nonsense", "JobFailed")])
def test_job_counts_once_however_often_its_event_comes(
    functions: Functions, log: io.StringIO, command: str, name: str
) -> None:
    key, _ = upload(functions, persistentOps=command)
    app = functions.load("asyncops")
    happen(functions, app, key)
    happen(functions, app, key)
    [_, _, first, _, second] = log_lines.read(log.getvalue())  # the upload, and each event's own
    assert [emf.metrics_of(line) for line in (first, second)] == [{name: 1}, {}]


def test_fault_of_a_message_is_counted_and_told_by_its_place(
    functions: Functions, log: io.StringIO
) -> None:
    run(functions.load("asyncops"), "no JSON")
    [*_, line] = log_lines.read(log.getvalue())  # SQS knows no such receipt: a warning before it
    assert (line["level"], line["outcome"], emf.metrics_of(line)) == (
        "ERROR",
        "failed",
        {"MessageFailed": 1},
    )
    assert line["fault"]["types"]
    assert "no JSON" not in log.getvalue()


def test_job_of_too_many_commands_fails_as_a_whole_and_says_why(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=";".join([VIEW] * 51))
    assert happen(functions, functions.load("asyncops"), key) == []
    [item] = query(functions, job_id)[1]["items"]
    assert (item["code"], "more than 50 commands" in item["error"]) == (3, True)


def test_overwritten_object_runs_the_job_of_what_is_there_now(functions: Functions) -> None:
    key, first = upload(functions, persistentOps=VIEW)
    other, second = upload(functions, persistentOps=VIEW)
    functions.aws.s3.objects[(BUCKET, key)] = functions.aws.s3.objects[(BUCKET, other)]
    happen(functions, functions.load("asyncops"), key)
    assert codes(functions, first) == [1]
    assert codes(functions, second) == [0]


@pytest.mark.parametrize("body", [b"deleted", b"plain"])
def test_event_of_an_object_that_owes_nothing_is_done_at_once(
    functions: Functions, body: bytes
) -> None:
    if body == b"plain":
        store(functions, "k", body)
    assert happen(functions, functions.load("asyncops"), "k") == []


def test_test_event_of_s3_is_no_failure(functions: Functions) -> None:
    event = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
    assert run(functions.load("events"), event) == []


def test_foreign_message_comes_again_until_it_is_a_dead_letter(functions: Functions) -> None:
    assert run(functions.load("events"), "no JSON", created("nothing")) == ["m0"]
    assert run(functions.load("asyncops"), "no JSON", created("nothing")) == ["m0", "m1"]


def test_passing_fault_leaves_the_command_open_for_the_next_try(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=VIEW)
    app = functions.load("asyncops")
    failing = True

    def refuse(_: Received) -> Reply | None:
        return error(503, "SlowDown") if failing else None

    functions.aws.s3.before_put = refuse
    assert happen(functions, app, key) == ["m0"]
    assert codes(functions, job_id) == [2]
    failing = False
    app = functions.load("asyncops")
    assert run(app, json.dumps({"upgate": "RunJob", "job_id": job_id}), attempt=2) == []
    assert codes(functions, job_id) == [0]


def test_command_that_kills_its_function_is_given_up(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=VIEW)
    app = functions.load("asyncops")

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    functions.patch.setattr(app.MAKER, "make", die)
    for _ in range(3):
        with pytest.raises(SystemExit):
            happen(functions, app, key)
    assert codes(functions, job_id) == [2]
    assert happen(functions, app, key) == []
    assert codes(functions, job_id) == [3]


def too_slow(functions: Functions, app: ModuleType) -> None:
    """Processing that an estimate refuses."""

    def refuse(*_: object, **__: object) -> None:
        raise TooSlowError(1200)

    functions.patch.setattr(app.MAKER, "make", refuse)


def test_command_that_would_take_too_long_fails_with_its_estimate(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=f"{VIEW};imageView2/1/w/9/h/9")
    app = functions.load("asyncops")
    too_slow(functions, app)
    happen(functions, app, key)
    run(app, json.dumps({"upgate": "RunJob", "job_id": job_id}))
    [first, _] = query(functions, job_id)[1]["items"]
    assert (first["code"], first["error"]) == (3, "the command would take about 1200 s")


def test_command_that_would_take_too_long_goes_to_the_heavy_queue(functions: Functions) -> None:
    queue = sqs(functions)
    heavy = queue.create_queue(QueueName=f"heavy-{uuid.uuid4().hex}")["QueueUrl"]
    key, job_id = upload(functions, persistentOps=f"{VIEW};imageView2/1/w/9/h/9")
    app = functions.load("asyncops", UPGATE_HEAVY_QUEUE=heavy)
    too_slow(functions, app)
    assert happen(functions, app, key) == []
    assert codes(functions, job_id)[0] == 2
    [message] = queue.receive_message(QueueUrl=heavy)["Messages"]
    assert json.loads(message["Body"]) == {"upgate": "RunJob", "job_id": job_id}
    assert waiting(functions) == []
    app = functions.load("asyncops", UPGATE_OPS_QUEUE=heavy, UPGATE_HEAVY_QUEUE="")
    assert run(app, message["Body"]) == []
    assert codes(functions, job_id) == [0, 0]


def test_result_that_is_made_elsewhere_is_waited_for(functions: Functions) -> None:
    key, job_id = upload(functions, persistentOps=VIEW)
    app = functions.load("asyncops")
    etag = functions.aws.s3.objects[(BUCKET, key)].metadata["upgate-etag"]
    store_of_results = app.MAKER._ports.results
    assert store_of_results.claim(ResultName(etag, VIEW), 60)
    assert happen(functions, app, key) == []
    assert codes(functions, job_id) == [2]
    store_of_results.release(ResultName(etag, VIEW))
    assert run(app, json.dumps({"upgate": "RunJob", "job_id": job_id})) == []
    assert codes(functions, job_id) == [0]


def test_saveas_copies_under_the_users_key(functions: Functions) -> None:
    entry = encoding.encode(b"demo:saved/a b.jpg")
    key, job_id = upload(functions, persistentOps=f"{VIEW}|saveas/{entry}")
    happen(functions, functions.load("asyncops"), key)
    assert query(functions, job_id)[1]["items"][0]["key"] == "saved/a b.jpg"
    saved = functions.aws.s3.objects[(BUCKET, "saved/a b.jpg")]
    assert "upgate-upload" not in saved.metadata  # its own event starts nothing


OWN_TREE = {"scope": "demo:u/1/", "isPrefixalScope": 1}


def upload_with(
    functions: Functions, key: str, policy: dict[str, Any], fields: Mapping[str, str]
) -> tuple[int, Any]:
    """A form whose variables are in the policy's commands."""
    event = events.form_of(
        {"token": events.token(policy), "key": key, **fields}, photo(), "a.jpg", "image/jpeg"
    )
    answer = functions.load("upload").lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize(
    ("template", "value", "status"),
    [
        ("imageView2/2/w/$(x:v)", "9|saveas/{other}", 400),
        ("imageView2/2/w/9|saveas/$(x:v)", "{other}", 403),
    ],
)
def test_other_users_object_is_no_result_of_anybodys(
    functions: Functions, template: str, value: str, status: int
) -> None:
    store(functions, "u/2/a.jpg", b"theirs")
    stored = dict(functions.aws.s3.objects)
    value = value.format(other=encoding.encode(b"demo:u/2/a.jpg"))
    policy = OWN_TREE | {"persistentOps": template}
    answered, body = upload_with(functions, "u/1/a.jpg", policy, {"x:v": value})
    assert (answered, "persistentId" in body) == (status, False)
    assert functions.aws.s3.objects == stored


def save_by_client(functions: Functions, policy: dict[str, Any], key: str, to: str) -> Any:
    """What became of a saveas whose entry the client gave."""
    policy = {**policy, "persistentOps": f"{VIEW}|saveas/$(x:to)"}
    entry = encoding.encode(f"demo:{to}".encode())
    status, body = upload_with(functions, key, policy, {"x:to": entry})
    assert status == 200, body
    assert happen(functions, functions.load("asyncops"), key) == []
    return query(functions, body["persistentId"])[1]["items"][0]


def test_client_saves_under_a_new_name_of_its_own_tree(functions: Functions) -> None:
    key, to = f"u/1/{uuid.uuid4().hex}", f"u/1/{uuid.uuid4().hex}"
    item = save_by_client(functions, OWN_TREE, key, to)
    assert (item["code"], item["key"]) == (0, to)
    assert (BUCKET, to) in functions.aws.s3.objects
    # The same result once more is no other object.
    again = save_by_client(functions, OWN_TREE, f"{key}-2", to)
    assert (again["code"], again["key"]) == (0, to)


def test_client_whose_token_only_inserts_does_not_overwrite_by_a_result(
    functions: Functions,
) -> None:
    key, to = f"u/1/{uuid.uuid4().hex}", f"u/1/{uuid.uuid4().hex}"
    store(functions, to, b"older")
    item = save_by_client(functions, OWN_TREE, key, to)
    assert (item["code"], item["error"]) == (
        3,
        "saveas: file exists, and the token may not overwrite it",
    )
    assert functions.aws.s3.objects[(BUCKET, to)].body == b"older"


RESULT_KEY = f"{'A' * 27}=/F{'0' * 27}"


@pytest.mark.parametrize("key", ["../x", "a/./x", RESULT_KEY, f"{RESULT_KEY}/0.ts", "k" * 751])
def test_saveas_under_a_key_that_is_none_fails_with_its_reason(
    functions: Functions, key: str
) -> None:
    fixed = encoding.encode(f"demo:{key}".encode())
    left_open = f"{encoding.encode(b'demo')}/saveKey/{encoding.encode(key.encode())}"
    ops = ";".join(f"{VIEW}|saveas/{entry}" for entry in (fixed, left_open))
    source, job_id = upload(functions, persistentOps=ops)
    assert happen(functions, functions.load("asyncops"), source) == []
    items = query(functions, job_id)[1]["items"]
    assert [(item["code"], item["error"][:16]) for item in items] == [(3, "saveas: the key ")] * 2
    assert (BUCKET, key) not in functions.aws.s3.objects


def test_saveas_to_a_foreign_bucket_computes_nothing(functions: Functions) -> None:
    entry = encoding.encode(b"theirs:a.jpg")
    key, job_id = upload(functions, persistentOps=f"{VIEW}|saveas/{entry}")
    happen(functions, functions.load("asyncops"), key)
    assert (codes(functions, job_id), results(functions)) == ([3], [])


# Notifications.


def answering(functions: Functions, accepted: bool) -> list[dict[str, Any]]:
    """Stand in for the callback function; gives what it was asked."""
    asked: list[dict[str, Any]] = []

    def answer(event: dict[str, Any], _: object) -> Mapping[str, object]:
        asked.append(event)
        attempt = CallbackAttempt(
            url=event["urls"][0],
            status=200 if accepted else 500,
            error="" if accepted else "Internal Server Error",
            milliseconds=1,
        )
        return CallbackOutcome(accepted=accepted, body=b"", attempts=(attempt,)).to_object()

    functions.aws.functions.functions["callback"] = answer
    return asked


def test_notification_carries_the_status(functions: Functions) -> None:
    key, job_id = upload(
        functions, persistentOps=VIEW, persistentNotifyUrl="https://app.example.com/n"
    )
    asked = answering(functions, True)
    happen(functions, functions.load("asyncops"), key)
    [event] = asked
    assert (event["is_notification"], event["access_key"]) == (True, "testak")
    assert json.loads(event["body"]) == query(functions, job_id)[1]


def test_notification_that_nobody_takes_ends_as_4(functions: Functions) -> None:
    key, job_id = upload(
        functions, persistentOps=VIEW, persistentNotifyUrl="https://app.example.com/n"
    )
    asked = answering(functions, False)
    app = functions.load("asyncops")
    happen(functions, app, key)
    for attempt in range(1, 6):
        run(app, json.dumps({"upgate": "Notify", "job_id": job_id, "attempt": attempt}))
    assert len(asked) == 6
    assert query(functions, job_id)[1]["code"] == 4
    assert codes(functions, job_id) == [0]


# Downloads.


def download(app: ModuleType, path: str, query: str = "", method: str = "GET") -> dict[str, Any]:
    event = events.http(method, path, route=f"{method} /{{proxy+}}") | {"rawQueryString": query}
    answer: dict[str, Any] = app.lambda_handler(event, None)
    return answer


def test_object_is_a_redirect_to_s3(functions: Functions) -> None:
    store(functions, "a/b c.jpg", photo())
    answer = download(functions.load("download"), "/a/b c.jpg")
    assert answer["statusCode"] == 302
    assert urlsplit(answer["headers"]["Location"]).path == f"/{BUCKET}/a/b%20c.jpg"


@pytest.mark.parametrize(
    ("raw", "key", "location"),
    [
        ("/100%25", "100%", "100%25"),
        ("/a%2520b.txt", "a%20b.txt", "a%2520b.txt"),
        ("/u%252Fv/a", "u%2Fv/a", "u%252Fv/a"),
        ("//a", "/a", "/a"),
        ("/%252e%252e/a", "%2e%2e/a", "%252e%252e/a"),
    ],
)
def test_key_with_a_percent_sign_is_found(
    functions: Functions, raw: str, key: str, location: str
) -> None:
    """The HTTP API has undone all escapes of a path but `%25`."""
    store(functions, key, photo())
    app = functions.load("download")
    answer = download(app, raw)
    assert urlsplit(answer["headers"]["Location"]).path == f"/{BUCKET}/{location}"
    assert download(app, raw, "imageInfo")["statusCode"] == 200


@pytest.mark.parametrize("key", ["a/../b", "a/./b", "./a", "a/.."])
@pytest.mark.parametrize("asked", ["", "imageInfo", "attname=a"])
def test_key_that_no_client_can_follow_is_not_redirected(
    functions: Functions, key: str, asked: str
) -> None:
    """Another tool can have put an object there."""
    store(functions, key, photo())
    assert download(functions.load("download"), f"/{key}", asked)["statusCode"] == 404
    assert functions.aws.s3.calls == []


@pytest.mark.parametrize("segment", ["", "/000000.ts"])
def test_result_is_served_before_an_object_of_its_key(functions: Functions, segment: str) -> None:
    key = ResultName(f"F{uuid.uuid4().hex}", VIEW).key + segment
    store(functions, key, b"of another tool")
    app = functions.load("download")
    path = "/" + key
    written = path.replace("=", "%3D")
    location = urlsplit(download(app, path)["headers"]["Location"])
    assert location.path == f"/{BUCKET}{written}"
    functions.aws.s3.objects[(WORK, f"fop/{key}")] = StoredObject(photo(), {})
    location = urlsplit(download(app, path)["headers"]["Location"])
    assert location.path == f"/{WORK}/fop{written}"


@pytest.mark.parametrize(("less", "status"), [(0, 302), (1, 400)])
def test_source_is_processed_while_a_client_waits_up_to_the_limit(
    functions: Functions, less: int, status: int
) -> None:
    picture = photo()
    store(functions, "a.jpg", picture, **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("download")
    assert len(picture) < limits.DOWNLOAD_SOURCE_BYTES
    functions.patch.setattr(limits, "DOWNLOAD_SOURCE_BYTES", len(picture) - less)
    assert download(app, "/a.jpg", VIEW)["statusCode"] == status


def test_second_request_for_a_picture_processes_nothing(functions: Functions) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("download")
    first = download(app, "/a.jpg", VIEW)
    reads = functions.aws.s3.count("GetObject")
    second = download(app, "/a.jpg", VIEW)
    path = urlsplit(first["headers"]["Location"]).path
    assert path == urlsplit(second["headers"]["Location"]).path
    assert functions.aws.s3.count("GetObject") == reads == 1
    assert len(results(functions)) == 1


def test_sound_is_queued_once_and_the_client_told_to_come_back(functions: Functions) -> None:
    store(functions, "a.mp3", b"ID3", **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("download")
    functions.patch.setattr("upgate.downloads.download.WAIT_SECONDS", 0)
    answers = [download(app, "/a.mp3", "avthumb/ogg") for _ in range(2)]
    assert [answer["statusCode"] for answer in answers] == [202, 202]
    assert answers[0]["headers"]["Retry-After"] == "3"
    expected = {"upgate": "MakeResult", "bucket": "demo", "key": "a.mp3", "fop": "avthumb/ogg"}
    assert waiting(functions) == [expected]


def test_failure_of_queued_work_is_told_with_its_reason(functions: Functions) -> None:
    store(functions, "a.mp3", b"no sound at all", **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    functions.patch.setattr("upgate.downloads.download.WAIT_SECONDS", 0)
    assert download(functions.load("download"), "/a.mp3", "avthumb/ogg")["statusCode"] == 202
    [message] = waiting(functions)
    assert run(functions.load("asyncops"), json.dumps(message)) == []
    answer = download(functions.load("download"), "/a.mp3", "avthumb/ogg")
    assert answer["statusCode"] == 400
    assert "not audio or video" in json.loads(answer["body"])["error"]


def test_large_file_is_described_only_by_its_ends(functions: Functions) -> None:
    store(functions, "film.mp4", bytes(40 * 1024 * 1024))
    app = functions.load("download")
    assert download(app, "/film.mp4", "avinfo")["statusCode"] == 400
    assert functions.aws.s3.read_back_bytes() == 32 * 1024 * 1024
    assert download(app, "/film.mp4", "imageInfo")["statusCode"] == 400
    assert functions.aws.s3.read_back_bytes() == 32 * 1024 * 1024


def test_old_form_of_stored_results_makes_none(functions: Functions) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("download")
    assert download(app, "/a.jpg", f"p/1/{VIEW}")["statusCode"] == 404
    download(app, "/a.jpg", VIEW)
    assert download(app, "/a.jpg", f"p/1/{VIEW}")["statusCode"] == 302


def test_saveas_in_a_url_wants_a_signature(functions: Functions) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("download")
    fop = f"{VIEW}|saveas/{encoding.encode(b'demo:kept.jpg')}"
    assert download(app, "/a.jpg", fop)["statusCode"] == 403
    signature = events.PAIR.sign(f"up.example.com/a.jpg?{fop}".encode())
    answer = download(app, "/a.jpg", f"{fop}/sign/testak:{signature}")
    assert (answer["statusCode"], json.loads(answer["body"])["key"]) == (200, "kept.jpg")
    assert (BUCKET, "kept.jpg") in functions.aws.s3.objects


# Bucket settings.


def admin(functions: Functions, path: str, pair: KeyPair = events.PAIR) -> tuple[int, Any]:
    app = functions.load("query")
    headers = {"Authorization": f"QBox testak:{pair.sign(f'{path}\n'.encode())}"}
    call = path.split("/")[1]
    answer = app.lambda_handler(
        events.http("POST", path, headers=headers, route=f"POST /{call}/{{proxy+}}"), None
    )
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def styled(functions: Functions) -> Functions:
    """A bucket with the separators `.` and `-` and the style `s`, taken back afterwards."""
    functions.table().delete_item(Key={"pk": "styles#demo", "sk": "styles"})
    for path in (
        f"/separator/demo/sep/{encoding.encode(b'.-')}",
        f"/style/demo/name/{encoding.encode(b's')}/style/{encoding.encode(VIEW.encode())}",
        "/accessMode/demo/mode/0",
        "/private/demo/private/0",
    ):
        assert admin(functions, path)[0] == 200
    return functions


def test_settings_are_shown_after_each_call(styled: Functions) -> None:
    expected = {"separator": ".-", "styles": {"s": VIEW}, "protected": 0, "private": 0}
    assert admin(styled, "/info/demo") == (200, expected)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/info/other", 631),
        ("/nothing/demo", 404),
        ("/style/demo/name/cw==/style/bm90aGluZy8v", 400),
        ("/separator/demo/sep/Lw==", 400),
        ("/private/demo/private/2", 400),
        ("/unstyle/demo/name/bm9uZQ==", 400),
    ],
)
def test_wrong_call_is_refused_and_changes_nothing(
    styled: Functions, path: str, status: int
) -> None:
    assert admin(styled, path)[0] == status
    assert admin(styled, "/info/demo")[1]["separator"] == ".-"


def test_settings_are_for_those_who_have_the_secret_key(styled: Functions) -> None:
    assert admin(styled, "/private/demo/private/1", KeyPair("testak", "other"))[0] == 401
    assert admin(styled, "/info/demo")[1]["private"] == 0


def test_style_stands_for_its_command(styled: Functions) -> None:
    store(styled, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = styled.load("download")
    by_style = urlsplit(download(app, "/a.jpg-s")["headers"]["Location"]).path
    assert by_style == urlsplit(download(app, "/a.jpg", VIEW)["headers"]["Location"]).path
    assert by_style.startswith(f"/{WORK}/fop/")


def test_object_of_just_this_key_wins_over_the_style(styled: Functions) -> None:
    store(styled, "a.jpg", photo())
    store(styled, "a.jpg.s", photo())
    answer = download(styled.load("download"), "/a.jpg.s")
    assert urlsplit(answer["headers"]["Location"]).path == f"/{BUCKET}/a.jpg.s"


def test_bucket_of_styles_only_refuses_commands_in_urls(styled: Functions) -> None:
    admin(styled, "/accessMode/demo/mode/1")
    store(styled, "a.jpg", photo())
    app = styled.load("download")
    assert download(app, "/a.jpg", VIEW)["statusCode"] == 403
    assert download(app, "/a.jpg.s")["statusCode"] == 302
    assert download(app, "/a.jpg")["statusCode"] == 302


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 401),
        ("e=1999999999", 401),
        ("e=1999999999&token=testak:AAAA", 401),
        ("e=1&token=", 401),
        ("e=1999999999&token=", 302),
        ("e=01999999999&token=", 302),
    ],
)
def test_private_bucket_wants_a_right_and_fresh_token(
    styled: Functions, query: str, status: int
) -> None:
    admin(styled, "/private/demo/private/1")
    store(styled, "a b.jpg", photo())
    if query.endswith("token="):
        signed = query.removesuffix("&token=")
        url = f"https://up.example.com/a%20b.jpg?{signed}"
        query += f"testak:{events.PAIR.sign(url.encode())}"
    assert download(styled.load("download"), "/a b.jpg", query)["statusCode"] == status


@pytest.mark.parametrize("query", ["", "attname=b.jpg", VIEW])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_url_of_s3_ends_with_the_private_url_that_led_there(
    styled: Functions, query: str, method: str
) -> None:
    admin(styled, "/private/demo/private/1")
    store(styled, "a.jpg", photo())
    deadline = int(time.time()) + 30
    signed = f"{query}&e={deadline}".lstrip("&")
    signature = events.PAIR.sign(f"https://up.example.com/a.jpg?{signed}".encode())
    answer = download(
        styled.load("download"), "/a.jpg", f"{signed}&token=testak:{signature}", method
    )
    shown = dict(parse_qsl(urlsplit(answer["headers"]["Location"]).query))
    begun = datetime.strptime(shown["X-Amz-Date"], "%Y%m%dT%H%M%S%z").timestamp()
    assert begun + int(shown["X-Amz-Expires"]) == deadline


def test_url_of_s3_that_nobody_signed_for_lives_as_long_as_the_operator_says(
    styled: Functions,
) -> None:
    store(styled, "a.jpg", photo())
    app = styled.load("download", UPGATE_DOWNLOAD_URL_SECONDS="77")
    location = download(app, "/a.jpg", f"e={int(time.time()) + 3}&token=x")["headers"]["Location"]
    assert dict(parse_qsl(urlsplit(location).query))["X-Amz-Expires"] == "77"


def test_private_key_with_a_percent_sign_is_found_as_it_was_signed(styled: Functions) -> None:
    written = "a%2520b/100%25.jpg"
    admin(styled, "/private/demo/private/1")
    store(styled, "a%20b/100%.jpg", photo())
    signature = events.PAIR.sign(f"https://up.example.com/{written}?e=1999999999".encode())
    query = f"e=1999999999&token=testak:{signature}"
    assert download(styled.load("download"), f"/{written}", query)["statusCode"] == 302


def test_style_of_a_key_with_a_percent_sign_is_found(styled: Functions) -> None:
    store(styled, "100%.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    location = download(styled.load("download"), "/100%25.jpg-s")["headers"]["Location"]
    assert urlsplit(location).path.startswith(f"/{WORK}/fop/")


@pytest.mark.parametrize(("public_url", "status"), [("https://up.example.com", 302), ("", 401)])
def test_url_that_was_signed_for_the_domain_is_right_behind_cloudfront(
    styled: Functions, public_url: str, status: int
) -> None:
    """CloudFront passes on the API's own Host header."""
    admin(styled, "/private/demo/private/1")
    store(styled, "a.jpg", photo())
    signature = events.PAIR.sign(b"https://up.example.com/a.jpg?e=1999999999")
    app = styled.load("download", UPGATE_PUBLIC_URL=public_url)
    host = {"host": "a1b2.execute-api.eu-west-1.amazonaws.com"}
    event = events.http("GET", "/a.jpg", headers=host, route="GET /{proxy+}")
    event["rawQueryString"] = f"e=1999999999&token=testak:{signature}"
    assert app.lambda_handler(event, None)["statusCode"] == status


def test_private_bucket_does_not_tell_what_it_has(styled: Functions) -> None:
    admin(styled, "/private/demo/private/1")
    assert download(styled.load("download"), "/not-there")["statusCode"] == 401


# pfop.


def pfop(
    functions: Functions, body: str, path: str = "/pfop/", route: str = "POST /pfop"
) -> tuple[int, Any]:
    app = functions.load("query")
    signature = events.PAIR.sign(f"{path}\n{body}".encode())
    headers = {
        "Authorization": f"QBox testak:{signature}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    event = events.http("POST", path, body.encode(), headers, route)
    answer = app.lambda_handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/pfop", "POST /pfop"),
        ("/pfop/", "POST /pfop"),
        ("/pfop/", "POST /pfop/{proxy+}"),
    ],
)
def test_pfop_is_taken_by_whichever_route_the_gateway_chooses(
    functions: Functions, path: str, route: str
) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    body = f"bucket=demo&key=a.jpg&fops={VIEW}"
    assert pfop(functions, body, path, route)[0] == 200


def test_path_below_pfop_is_none_of_the_gateways(functions: Functions) -> None:
    body = f"bucket=demo&key=a.jpg&fops={VIEW}"
    assert pfop(functions, body, "/pfop/more", "POST /pfop/{proxy+}")[0] == 404


def test_pfop_queues_a_job_that_asyncops_runs(functions: Functions) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    status, answer = pfop(functions, f"bucket=demo&key=a.jpg&fops={VIEW}&type=1")
    assert status == 200
    [message] = waiting(functions)
    run(functions.load("asyncops"), json.dumps(message))
    job = query(functions, answer["persistentId"])[1]
    assert (job["code"], job["type"], job["inputKey"]) == (0, 1, "a.jpg")


def test_pfop_by_force_makes_the_result_anew(functions: Functions) -> None:
    store(functions, "a.jpg", photo(), **{"upgate-etag": f"F{uuid.uuid4().hex}"})
    app = functions.load("asyncops")
    olds = []
    for force in (0, 0, 1):
        app = functions.load("asyncops")
        _, answer = pfop(functions, f"bucket=demo&key=a.jpg&fops={VIEW}&force={force}")
        app = functions.load("asyncops")
        run(app, json.dumps({"upgate": "RunJob", "job_id": answer["persistentId"]}))
        olds.append(query(functions, answer["persistentId"])[1]["items"][0]["returnOld"])
    assert olds == [0, 1, 0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("bucket=demo&key=gone.jpg&fops=imageInfo", 612),
        ("bucket=other&key=a.jpg&fops=imageInfo", 631),
        ("bucket=demo&key=a.jpg", 400),
        ("bucket=demo&key=a.jpg&fops=", 400),
        ("bucket=demo&bucket=demo&key=a.jpg&fops=a", 400),
        ("bucket=demo&key=a.jpg&fops=a&force=2", 400),
    ],
)
def test_wrong_pfop_starts_nothing(functions: Functions, body: str, status: int) -> None:
    assert pfop(functions, body)[0] == status
    assert waiting(functions) == []


@pytest.mark.parametrize("job_id", ["z0.none", "up.0000", ""])
def test_unknown_job_is_612(functions: Functions, job_id: str) -> None:
    assert query(functions, job_id)[0] == (612 if job_id else 400)


# $(avinfo).


def test_avinfo_function_is_asked_for_no_picture(functions: Functions) -> None:
    functions.aws.functions.functions["avinfo"] = lambda _event, _: {"video": {"width": 7}}
    app = functions.load("upload")
    template = '{"w":$(avinfo.video.width)}'
    answers = []
    for content, mime_type in ((photo(), "image/jpeg"), (b"film", "video/mp4")):
        fields = {"token": events.token(returnBody=template), "key": uuid.uuid4().hex}
        event = events.form_of(fields, content, "a", mime_type)
        answers.append(json.loads(app.lambda_handler(event, None)["body"]))
    assert answers == [{"w": None}, {"w": 7}]
    assert functions.aws.functions.invocations == 1


def test_upload_survives_an_avinfo_function_that_fails(functions: Functions) -> None:
    fields = {"token": events.token(returnBody='{"i":$(avinfo)}'), "key": uuid.uuid4().hex}
    event = events.form_of(fields, b"film", "a.mp4", "video/mp4")
    answer = functions.load("upload").lambda_handler(event, None)
    assert (answer["statusCode"], answer["body"]) == (200, '{"i":null}')


# The samples of events/.


@pytest.mark.parametrize(
    ("function", "sample"),
    [
        ("events", "events-object-created"),
        ("events", "events-test-event"),
        ("asyncops", "asyncops-job"),
        ("asyncops", "urlops-result"),
    ],
)
def test_sample_of_a_queue_is_worked_on(functions: Functions, function: str, sample: str) -> None:
    answer = functions.load(function).lambda_handler(events.load(sample), Context())
    assert answer == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("function", "sample", "status"),
    [
        ("download", "download-object", 404),
        ("download", "download-fop", 404),
        ("query", "query-status", 612),
        ("query", "query-pfop", 612),
    ],
)
def test_sample_of_a_request_is_answered(
    functions: Functions, function: str, sample: str, status: int
) -> None:
    functions.table().delete_item(Key={"pk": "styles#demo", "sk": "styles"})
    answer = functions.load(function).lambda_handler(events.load(sample), None)
    assert answer["statusCode"] == status


def test_sample_of_no_film_is_null(functions: Functions) -> None:
    assert functions.load("avinfo").lambda_handler(events.load("avinfo-text"), None) is None
