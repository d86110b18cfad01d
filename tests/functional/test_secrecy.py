"""No secret key in a log, an answer, an exception's text or a function's environment.

Every stage of an upload fails in turn, under keys that a search cannot miss; tokens must not be
logged either, since whoever reads one may upload.
"""

from __future__ import annotations

import io
import json
import logging
import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from requests_toolbelt import MultipartEncoder

from tests import events
from tests.fakes import aws
from tests.fakes.s3 import error as s3_error
from tests.functional.conftest import Functions
from tests.resumable_client import Client
from upgate.callbacks.callback import CallbackRequest
from upgate.tokens.keys import KeyPair

PAIR = KeyPair("recognisable-access", "recognisable-secret-key")
POLICY: dict[str, Any] = {
    "callbackUrl": "http://127.0.0.1:65535/",
    "callbackBody": "key=$(key)",
    "endUser": "recognisable-user",
}
CLOSED = "http://127.0.0.1:9"


@pytest.fixture
def everything(
    functions: Functions, log: io.StringIO, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[], str]]:
    """All that was logged, by the functions' logger and by the rules'; with PAIR in the secret."""
    client: Any = boto3.client(
        "secretsmanager",
        endpoint_url=functions.aws.moto,
        region_name=aws.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    before = client.get_secret_value(SecretId=aws.SECRET)["SecretString"]
    keys = [{"access_key": PAIR.access_key, "secret_key": PAIR.secret_key}]
    client.put_secret_value(SecretId=aws.SECRET, SecretString=json.dumps({"keys": keys}))
    caplog.set_level(logging.DEBUG)
    yield lambda: log.getvalue() + caplog.text
    client.put_secret_value(SecretId=aws.SECRET, SecretString=before)


def upload(functions: Functions, token: str, **environment: str) -> dict[str, Any]:
    app = functions.load("upload", **environment)
    answer: dict[str, Any] = app.lambda_handler(events.form_of({"token": token, "key": "k"}), None)
    return answer


def no_secret(text: str, token: str = "") -> None:
    assert PAIR.secret_key not in text
    for segment in filter(None, token.split(":")[1:]):
        assert segment not in text


def form_without_end(functions: Functions, token: str) -> dict[str, Any]:
    encoder = MultipartEncoder({"token": token, "file": ("a.txt", b"hello", "text/plain")})
    event = events.form(encoder.to_string()[:-20], encoder.content_type)
    answer: dict[str, Any] = functions.load("upload").lambda_handler(event, None)
    return answer


def expired(functions: Functions, token: str) -> dict[str, Any]:
    return upload(functions, events.token(pair=PAIR, deadline=1))


def forged(functions: Functions, token: str) -> dict[str, Any]:
    return upload(functions, token[:-4] + "AAA=")


def keys_unreachable(functions: Functions, token: str) -> dict[str, Any]:
    return upload(functions, token, AWS_ENDPOINT_URL_SECRETS_MANAGER=CLOSED)


def ledger_unreachable(functions: Functions, token: str) -> dict[str, Any]:
    return upload(functions, token, AWS_ENDPOINT_URL_DYNAMODB=CLOSED)


def ledger_gone(functions: Functions, token: str) -> dict[str, Any]:
    return upload(functions, token, UPGATE_LEDGER_TABLE="gone")


def storage_refuses(functions: Functions, token: str) -> dict[str, Any]:
    functions.aws.s3.before_put = lambda _: s3_error(403, "AccessDenied")
    return upload(functions, token)


def callback_refused(functions: Functions, token: str) -> dict[str, Any]:
    callback = functions.load("callback", AWS_ENDPOINT_URL=CLOSED)
    functions.aws.functions.functions["callback"] = callback.lambda_handler
    return upload(functions, token)


def callback_function_fails(functions: Functions, token: str) -> dict[str, Any]:
    functions.aws.functions.functions["callback"] = lambda *_: 1 / 0
    return upload(functions, token)


def queue_unreachable(functions: Functions, token: str) -> dict[str, Any]:
    return upload(functions, token, AWS_ENDPOINT_URL_SQS=CLOSED)


def unknown_upload_id(functions: Functions, token: str) -> dict[str, Any]:
    answer = Client(functions.load("resumable"), token).part("unknown", 1, b"a")
    return {"body": json.dumps(answer.body), "statusCode": answer.status}


def broken_context(functions: Functions, token: str) -> dict[str, Any]:
    answer = Client(functions.load("resumable"), token).mkfile(1, ["unknown"])
    return {"body": json.dumps(answer.body), "statusCode": answer.status}


@pytest.mark.parametrize(
    ("fails", "status"),
    [
        (form_without_end, 400),
        (expired, 401),
        (forged, 401),
        (keys_unreachable, 599),
        (ledger_unreachable, 599),
        (ledger_gone, 599),
        (storage_refuses, 599),
        (callback_refused, 579),
        (callback_function_fails, 579),
        (queue_unreachable, 579),
        (unknown_upload_id, 612),
        (broken_context, 701),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_failure_at_any_stage_tells_no_secret(
    functions: Functions,
    everything: Callable[[], str],
    fails: Callable[[Functions, str], dict[str, Any]],
    status: int,
) -> None:
    token = events.token(POLICY, PAIR)
    answer = fails(functions, token)
    assert answer["statusCode"] == status
    assert "request" in everything()
    no_secret(everything(), token)
    no_secret(json.dumps(answer), token)


def test_traceback_of_a_fault_tells_no_secret(
    functions: Functions, everything: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyPair, "is_signature", lambda *_: 1 / 0)
    token = events.token(POLICY, PAIR)
    answer = upload(functions, token)
    assert answer["statusCode"] == 599
    assert "ZeroDivisionError" in everything()
    no_secret(everything() + json.dumps(answer), token)


def test_secret_of_another_shape_is_not_quoted(
    functions: Functions, everything: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "upgate_aws.thin_clients.ThinSecrets.get_secret_value",
        lambda *_, **__: {"SecretString": f'{{"keys": "{PAIR.secret_key}" no JSON'},
    )
    answer = upload(functions, events.token(POLICY, PAIR))
    assert answer["statusCode"] == 599
    no_secret(everything() + json.dumps(answer))


@pytest.mark.parametrize(
    "payload",
    [
        {"urls": ["http://127.0.0.1:65535/"], "body": PAIR.secret_key},
        {"access_key": [PAIR.secret_key]},
        PAIR.secret_key,
    ],
)
def test_callback_function_that_raises_quotes_nothing(
    functions: Functions, everything: Callable[[], str], payload: Any
) -> None:
    """What a function raises, Lambda logs: message and stack."""
    app = functions.load("callback")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - whatever its text
        app.lambda_handler(payload, None)
    no_secret("".join(traceback.format_exception(caught.value)) + everything())


def test_callback_of_a_dropped_pair_tells_no_secret(
    functions: Functions, everything: Callable[[], str]
) -> None:
    request = CallbackRequest(
        urls=("http://127.0.0.1:65535/",),
        host=None,
        body="a=1",
        content_type="application/json",
        delivery_id="d",
        access_key="dropped",
        budget_seconds=1.0,
    )
    app = functions.load("callback")
    with pytest.raises(LookupError) as caught:
        app.lambda_handler(json.loads(request.to_json()), None)
    no_secret("".join(traceback.format_exception(caught.value)) + everything())


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("name", ["upload", "resumable", "token", "callback", "query", "download"])
def test_environment_of_a_function_holds_no_key(functions: Functions, name: str) -> None:
    """Not after it has read them either: child processes and crash reports show an environment."""
    app = functions.load(name)
    app.lambda_handler(events.http("GET", "/nothing"), None) if name != "callback" else None
    assert upload(functions, events.token(pair=PAIR))["statusCode"] == 200
    no_secret(json.dumps(dict(os.environ)))
    assert PAIR.access_key not in json.dumps(dict(os.environ))


def test_repr_of_what_holds_keys_tells_no_secret() -> None:
    from upgate.tokens.authorization import authorize
    from upgate.tokens.keys import KeyRing

    ring = KeyRing((PAIR,))
    grant = authorize(events.token(pair=PAIR), ring, {"demo": "s3-demo"}, 0.0)
    no_secret(repr(PAIR) + repr(ring) + repr(grant) + f"{PAIR}")
