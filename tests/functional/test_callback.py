"""From the upload through the callback function to a business server, and back to the client."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import pytest
import qiniu

from tests import events
from tests.fakes import aws, loopback
from tests.fakes.loopback import Received, Reply
from tests.fakes.s3 import error as s3_error
from tests.functional.conftest import Functions

FORM_BODY = "application/x-www-form-urlencoded"


class BusinessServer:
    """Answers what the test wants; remembers what it was asked."""

    def __init__(self) -> None:
        self.reply = Reply(200, b'{"msg": "ok"}', {"Content-Type": "application/json"})
        self.received: list[Received] = []
        self.url = ""

    def __call__(self, request: Received) -> Reply:
        self.received.append(request)
        return self.reply


@pytest.fixture
def business() -> Iterator[BusinessServer]:
    server = BusinessServer()
    with loopback.serve(server) as url:
        server.url = f"{url}/cb/up?x=1"
        yield server


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    # Only with AWS itself on loopback may a callback go there.
    callback = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    functions.aws.functions.functions["callback"] = callback.lambda_handler
    return functions.load("upload")


def upload(app: ModuleType, content: bytes = b"hello", **policy: Any) -> tuple[int, bytes]:
    token = events.token(**{"callbackBody": "key=$(key)&hash=$(etag)", **policy})
    event = events.form_of({"token": token, "key": "a/b.jpg", "x:a": "1 2"}, content)
    answer = app.lambda_handler(event, None)
    return answer["statusCode"], answer["body"].encode()


def accepted_by_sdk(request: Received, url: str) -> bool:
    """What a business server does with the official SDK (protocol.md 7.1)."""
    auth = qiniu.Auth(aws.ACCESS_KEY, aws.SECRET_KEY)
    return bool(
        auth.verify_callback(
            request.headers["authorization"],
            url,
            request.body.decode(),
            request.headers["content-type"],
        )
    )


def test_answer_of_the_business_server_is_relayed_byte_for_byte(
    app: ModuleType, business: BusinessServer
) -> None:
    business.reply = Reply(200, '{ "msg":\t"好的" }\n'.encode(), {"Content-Type": "text/html"})
    assert upload(app, callbackUrl=business.url) == (200, business.reply.body)


def test_form_callback_is_encoded_and_signed_as_the_sdk_expects(
    app: ModuleType, business: BusinessServer
) -> None:
    upload(app, callbackUrl=business.url, callbackBody="k=$(key)&a=$(x:a)&s=$(fsize)")
    (request,) = business.received
    assert request.headers["content-type"] == FORM_BODY
    assert parse_qs(request.body.decode()) == {"k": ["a/b.jpg"], "a": ["1 2"], "s": ["5"]}
    assert accepted_by_sdk(request, business.url)


def test_json_callback_is_signed_as_the_sdk_expects(
    app: ModuleType, business: BusinessServer
) -> None:
    upload(
        app,
        callbackUrl=business.url,
        callbackBody='{"k":$(key),"a":"<$(x:a)>"}',
        callbackBodyType="application/json",
    )
    (request,) = business.received
    assert json.loads(request.body) == {"k": "a/b.jpg", "a": "<1 2>"}
    assert accepted_by_sdk(request, business.url)


def test_tampered_callback_is_not_accepted_by_the_sdk(
    app: ModuleType, business: BusinessServer
) -> None:
    upload(app, callbackUrl=business.url)
    (request,) = business.received
    forged = Received(request.method, request.path, request.headers, request.body + b"1")
    assert not accepted_by_sdk(forged, business.url)


def test_callback_host_is_sent(app: ModuleType, business: BusinessServer) -> None:
    upload(app, callbackUrl=business.url, callbackHost="app.example.com")
    assert business.received[0].headers["host"] == "app.example.com"


def test_second_url_is_tried_when_the_first_fails(
    app: ModuleType, business: BusinessServer
) -> None:
    status, body = upload(app, callbackUrl=f"http://127.0.0.1:65535/;{business.url}")
    assert (status, body) == (200, b'{"msg": "ok"}')


def test_return_url_beside_a_callback_is_not_looked_at(
    app: ModuleType, business: BusinessServer
) -> None:
    assert upload(app, callbackUrl=business.url, returnUrl="relative")[0] == 200


def test_callback_wins_over_return_body(app: ModuleType, business: BusinessServer) -> None:
    status, body = upload(app, callbackUrl=business.url, returnBody='{"mine":1}')
    assert (status, body) == (200, b'{"msg": "ok"}')


@pytest.mark.parametrize("answer", [b"null", b"[1]", b'"ok"', b"5", b"false"])
def test_any_json_of_the_business_server_is_relayed(
    app: ModuleType, business: BusinessServer, answer: bytes
) -> None:
    business.reply = Reply(200, answer)
    assert upload(app, callbackUrl=business.url) == (200, answer)


@pytest.mark.parametrize(
    ("reply", "err_code", "error"),
    [
        (Reply(404), 404, "Not Found"),
        (Reply(500), 500, "Internal Server Error"),
        (Reply(201, b"{}"), 201, "Created"),
        (Reply(302, headers={"Location": "http://127.0.0.1:65535/"}), 302, "Found"),
        (Reply(200, b"<html>"), 200, "unexcepted response"),
        (Reply(200, b""), 200, "unexcepted response"),
        (Reply(200, b"[1"), 200, "unexcepted response"),
    ],
)
def test_refused_callback_is_579_with_kodos_body_and_the_object_stays(
    app: ModuleType,
    functions: Functions,
    business: BusinessServer,
    reply: Reply,
    err_code: int,
    error: str,
) -> None:
    business.reply = reply
    status, body = upload(app, callbackUrl=business.url)
    inner = json.loads(json.loads(body)["error"])
    assert status == 579
    assert inner == {
        "callback_url": business.url,
        "callback_bodyType": FORM_BODY,
        "callback_body": "key=a%2Fb.jpg&hash=Fqr0xh3cxeii2r7eDztILNmuqUNN",
        "token": "",
        "err_code": err_code,
        "error": error,
        "hash": "Fqr0xh3cxeii2r7eDztILNmuqUNN",
        "key": "a/b.jpg",
    }
    assert len(business.received) == 1
    assert ("s3-demo", "a/b.jpg") in functions.aws.s3.objects


def test_unreachable_server_is_579_with_502_inside(app: ModuleType) -> None:
    status, body = upload(app, callbackUrl="http://127.0.0.1:65535/")
    assert (status, json.loads(json.loads(body)["error"])["err_code"]) == (579, 502)


def test_loopback_is_refused_where_aws_is_not_on_loopback(
    functions: Functions, business: BusinessServer
) -> None:
    deployed = functions.load("callback")
    functions.aws.functions.functions["callback"] = deployed.lambda_handler
    status, _ = upload(functions.load("upload"), callbackUrl=business.url)
    assert (status, business.received) == (579, [])


def test_callback_function_that_fails_is_579(app: ModuleType, functions: Functions) -> None:
    functions.aws.functions.functions["callback"] = lambda *_: 1 / 0
    assert upload(app, callbackUrl="https://app.example.com/")[0] == 579


def test_callback_function_that_is_missing_is_579(app: ModuleType, functions: Functions) -> None:
    functions.aws.functions.functions.clear()
    assert upload(app, callbackUrl="https://app.example.com/")[0] == 579


def test_callback_function_that_fails_is_invoked_once(
    app: ModuleType, functions: Functions
) -> None:
    functions.aws.functions.functions["callback"] = lambda *_: 1 / 0
    upload(app, callbackUrl="https://app.example.com/")
    assert functions.aws.functions.invocations == 1


def test_nothing_stored_means_nothing_called(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    functions.aws.s3.before_put = lambda _: s3_error(400, "BadDigest")
    assert upload(app, callbackUrl=business.url)[0] == 599
    assert business.received == []


# The ledger


def intents(functions: Functions, key: str) -> list[dict[str, Any]]:
    items = functions.table().scan()["Items"]
    return [item for item in items if item["sk"] == "intent" and item["key"] == key]


def test_intent_is_written_before_the_object(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    def no_object(_: Received) -> Reply:
        (intent,) = intents(functions, "a/b.jpg")
        assert intent["delivery"] == "owed"
        return s3_error(400, "BadDigest")

    functions.aws.s3.before_put = no_object
    assert upload(app, b"intent first", callbackUrl=business.url)[0] == 599


def test_accepted_delivery_is_marked_under_the_objects_upload_id(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    upload(app, b"accepted", callbackUrl=business.url)
    stored = functions.aws.s3.objects["s3-demo", "a/b.jpg"]
    key = {"pk": f"upload#{stored.metadata['upgate-upload']}", "sk": "intent"}
    item = functions.table().get_item(Key=key)["Item"]
    assert (item["delivery"], item["attempts"]) == ("accepted", 1)
    assert business.received[0].headers["x-upgate-delivery"] == stored.metadata["upgate-upload"]


def test_refused_delivery_stays_owed(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    business.reply = Reply(500)
    upload(app, b"refused", callbackUrl=business.url)
    stored = functions.aws.s3.objects["s3-demo", "a/b.jpg"]
    key = {"pk": f"upload#{stored.metadata['upgate-upload']}", "sk": "intent"}
    assert functions.table().get_item(Key=key)["Item"]["delivery"] == "owed"


def test_operations_are_carried_and_have_a_persistent_id(
    app: ModuleType, functions: Functions
) -> None:
    ops = "avthumb/mp3/ar/44100/ab/32k;avthumb/mp3/aq/6/ar/16000"  # seed 002
    event = events.form_of({"token": events.token(asyncOps=ops), "key": "ops.aac"}, b"aac")
    body = json.loads(app.lambda_handler(event, None)["body"])
    (intent,) = intents(functions, "ops.aac")
    assert intent["operations"] == ops
    assert intent["persistent_id"] == body["persistentId"]


# callbackFetchKey


def test_fetched_key_names_the_object_and_its_payload_is_the_answer(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    business.reply = Reply(200, b'{"key":"theirs","payload":{"id":7}}')
    status, body = upload(app, callbackUrl=business.url, callbackFetchKey=1)
    assert (status, json.loads(body)) == (200, {"id": 7})
    assert list(functions.aws.s3.objects) == [("s3-demo", "theirs")]


def test_fetched_key_leaves_only_the_operations_owed(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    business.reply = Reply(200, b'{"key":"fetched.aac","payload":{}}')
    upload(app, callbackUrl=business.url, callbackFetchKey=1, persistentOps="avinfo")
    (intent,) = intents(functions, "fetched.aac")
    assert intent["operations"] == "avinfo"
    assert "delivery" not in intent


@pytest.mark.parametrize("answer", [b"{}", b'{"key":1}', b"[]", b'{"payload":{}}'])
def test_answer_without_a_key_is_579_and_nothing_is_stored(
    app: ModuleType, functions: Functions, business: BusinessServer, answer: bytes
) -> None:
    business.reply = Reply(200, answer)
    assert upload(app, callbackUrl=business.url, callbackFetchKey=1)[0] == 579
    assert functions.aws.s3.objects == {}


def test_fetched_key_outside_the_scope_is_403(
    app: ModuleType, functions: Functions, business: BusinessServer
) -> None:
    business.reply = Reply(200, b'{"key":"theirs","payload":{}}')
    status, _ = upload(app, scope="demo:ours", callbackUrl=business.url, callbackFetchKey=1)
    assert (status, functions.aws.s3.objects) == (403, {})


@pytest.mark.parametrize("key", ["../theirs", "a/./b", f"{'A' * 27}=/F{'0' * 27}"])
def test_fetched_key_that_is_none_is_400_and_stores_nothing(
    app: ModuleType, functions: Functions, business: BusinessServer, key: str
) -> None:
    business.reply = Reply(200, json.dumps({"key": key, "payload": {}}).encode())
    status, _ = upload(app, callbackUrl=business.url, callbackFetchKey=1)
    assert (status, functions.aws.s3.objects) == (400, {})


# Samples


@pytest.mark.parametrize("name", ["callback-form", "callback-json"])
def test_sample_is_delivered_and_its_outcome_told(
    functions: Functions, business: BusinessServer, name: str
) -> None:
    app = functions.load("callback", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    event = events.load(name) | {"urls": [business.url]}
    outcome = app.lambda_handler(event, None)
    assert outcome["accepted"] is True
    assert accepted_by_sdk(business.received[0], business.url)


def test_upload_sample_with_callback_names_the_callback_that_failed(app: ModuleType) -> None:
    # app.example.com does not resolve anywhere (RFC 2606).
    answer = app.lambda_handler(events.load("upload-callback"), None)
    inner = json.loads(json.loads(answer["body"])["error"])
    assert answer["statusCode"] == 579
    assert inner["callback_body"] == "name=a.txt&uid=123"


def test_no_query_body_or_secret_of_a_callback_is_logged(
    app: ModuleType, business: BusinessServer, log: io.StringIO
) -> None:
    upload(app, callbackUrl=business.url, callbackBody="private=$(key)")
    logged = log.getvalue()
    assert "callback" in logged
    for word in ("private", "x=1", aws.SECRET_KEY, "QBox"):
        assert word not in logged
