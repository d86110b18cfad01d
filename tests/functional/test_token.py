"""The token function: what an app gets, and what nobody gets."""

from __future__ import annotations

import json
import time
from types import ModuleType
from typing import Any

import pytest

from tests import events
from tests.functional.conftest import Functions
from upgate.tokens import put_policy, upload_token
from upgate.tokens.keys import KeyRing


@pytest.fixture
def app(functions: Functions) -> ModuleType:
    """With a preset `default` that somebody wrote."""
    functions.write_preset("default", {"bucket": "demo"})
    return functions.load("token")


def ask(app: ModuleType, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = app.lambda_handler(event, None)
    assert answer["headers"]["X-Reqid"]
    return answer["statusCode"], json.loads(answer["body"])


def policy_of(token: str) -> put_policy.PutPolicy:
    return put_policy.parse(upload_token.verify(token, KeyRing((events.PAIR,))).policy)


def test_default_sample_gives_all_that_an_app_needs(app: ModuleType) -> None:
    status, body = ask(app, events.load("token-default"))
    policy = policy_of(body["token"])
    assert status == 200
    assert body.keys() == {"token", "uptoken", "expires_at", "upload_url"}
    assert body["uptoken"] == body["token"]
    assert body["upload_url"] == "https://up.example.com"
    assert (policy.scope.bucket, policy.scope.key) == ("demo", None)
    assert (policy.end_user, policy.deadline) == ("user-1", body["expires_at"])
    assert 3590 < body["expires_at"] - time.time() <= 3600


def test_preset_sample_fixes_key_policy_and_lifetime(app: ModuleType, functions: Functions) -> None:
    preset = {
        "bucket": "demo",
        "key": "avatars/$(endUser).jpg",
        "lifetimeSeconds": 60,
        "policy": {"fsizeLimit": 1000, "mimeLimit": "image/*"},
    }
    functions.write_preset("avatar", preset)
    status, body = ask(app, events.load("token-preset"))
    policy = policy_of(body["token"])
    assert (status, body["key"]) == (200, "avatars/user-1.jpg")
    assert policy.scope.key == "avatars/user-1.jpg"
    assert (policy.fsize_limit, policy.mime_limit) == (1000, "image/*")
    assert body["expires_at"] - time.time() <= 60


def test_token_is_accepted_by_the_upload_function(app: ModuleType, functions: Functions) -> None:
    token = ask(app, events.load("token-default"))[1]["token"]
    answer = functions.load("upload").lambda_handler(events.form_of({"token": token}), None)
    assert answer["statusCode"] == 200


def test_prefix_preset_lets_a_user_write_under_his_own_name_only(
    app: ModuleType, functions: Functions
) -> None:
    functions.write_preset("avatar", {"bucket": "demo", "keyPrefix": "users/$(endUser)/"})
    token = ask(app, events.load("token-preset"))[1]["token"]
    upload = functions.load("upload").lambda_handler
    own = events.form_of({"token": token, "key": "users/user-1/a"})
    other = events.form_of({"token": token, "key": "users/user-2/a"})
    assert upload(own, None)["statusCode"] == 200
    assert upload(other, None)["statusCode"] == 403


def test_nobody_without_identity_gets_a_token(app: ModuleType) -> None:
    status, body = ask(app, events.load("token-anonymous"))
    assert (status, "token" in body) == (401, False)


@pytest.mark.parametrize("body", ["", "{}", '{"preset":"default"}'])
def test_preset_that_nobody_wrote_is_404_though_it_is_the_default_one(
    functions: Functions, body: str
) -> None:
    """It would be a token for the whole bucket, without any limit."""
    functions.write_preset("avatar", {"bucket": "demo", "keyPrefix": "users/$(endUser)/"})
    event = events.load("token-preset") | {"body": body}
    status, answer = ask(functions.load("token"), event)
    assert (status, answer) == (404, {"error": "no such preset: default"})


def test_local_gateway_with_an_authorizer_has_no_default_preset_either(
    functions: Functions,
) -> None:
    app = functions.load("token", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert ask(app, events.load("token-default"))[0] == 404


def test_local_gateway_vouches_for_everybody(functions: Functions) -> None:
    app = functions.load("token", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    status, body = ask(app, events.load("token-anonymous"))
    assert (status, policy_of(body["token"]).end_user) == (200, "local")


def test_local_gateway_with_an_authorizer_vouches_for_its_subject(functions: Functions) -> None:
    functions.write_preset("default", {"bucket": "demo"})
    app = functions.load("token", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    _, body = ask(app, events.load("token-default"))
    assert policy_of(body["token"]).end_user == "user-1"


def test_local_gateway_with_an_authorizer_vouches_for_nobody_without_subject(
    functions: Functions,
) -> None:
    app = functions.load("token", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    event = events.load("token-anonymous")
    event["requestContext"]["authorizer"] = {"jwt": {"claims": {"iss": "i"}, "scopes": None}}
    assert ask(app, event)[0] == 401


def test_iam_caller_is_the_end_user(app: ModuleType) -> None:
    event = events.load("token-anonymous")
    event["requestContext"]["authorizer"] = {"iam": {"userId": "AIDAEXAMPLE"}}
    assert policy_of(ask(app, event)[1]["token"]).end_user == "AIDAEXAMPLE"


def test_unknown_preset_is_404(app: ModuleType, functions: Functions) -> None:
    event = events.load("token-preset") | {"body": '{"preset":"nobody-wrote-this"}'}
    status, body = ask(app, event)
    assert (status, body) == (404, {"error": "no such preset: nobody-wrote-this"})


@pytest.mark.parametrize(
    "body",
    [
        '{"preset":"default","scope":"other"}',
        '{"preset":"default","callbackUrl":"https://evil.example.com/"}',
        '{"endUser":"somebody else"}',
        '{"preset":7}',
        '{"preset":"../x"}',
        '["default"]',
        "{",
    ],
)
def test_client_that_says_more_than_a_preset_is_refused(app: ModuleType, body: str) -> None:
    assert ask(app, events.load("token-preset") | {"body": body})[0] == 400


def test_broken_stored_preset_is_refused_with_its_reason(
    app: ModuleType, functions: Functions
) -> None:
    document = {"bucket": "demo", "policy": {"callbackUrl": "https://a.example.com/"}}
    functions.write_preset("avatar", document)
    status, body = ask(app, events.load("token-preset"))
    assert status == 400
    assert "callbackBody" in body["error"]


def test_public_url_is_what_clients_are_told(functions: Functions) -> None:
    functions.write_preset("default", {"bucket": "demo"})
    app = functions.load("token", UPGATE_PUBLIC_URL="https://cdn.example.com/")
    assert ask(app, events.load("token-default"))[1]["upload_url"] == "https://cdn.example.com"
