"""`upgate token`: signed here, or asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from tests.fakes import loopback
from tests.fakes.cli import Cli
from tests.fakes.loopback import Received, Reply
from tests.fakes.upload_gateway import PAIR, UploadGateway, answer
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyRing
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import GatewayClient
from upgate_cli.gateway.token_request import Identity, ask_for_token
from upgate_cli.gateway.token_source import PresetTokens, SignedTokens


def policy_of(token: str) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(upload_token.verify(token, KeyRing((PAIR,))).policy)
    return policy


# Signed here.


def test_without_options_it_is_for_the_bucket_and_an_hour(cli: Cli) -> None:
    policy = policy_of(cli("token").out.strip())
    assert policy["scope"] == "demo"
    assert 3590 < policy["deadline"] - time.time() <= 3600


def test_key_and_lifetime_go_into_the_policy(cli: Cli) -> None:
    policy = policy_of(cli("token", "--key", "a:b", "--expires", "2h").out.strip())
    assert policy["scope"] == "demo:a:b"
    assert 7190 < policy["deadline"] - time.time() <= 7200


def test_a_policy_keeps_what_it_says(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"scope":"other","deadline":1893456000,"saveKey":"é"}')
    policy = policy_of(cli("token", "--policy", tmp_path / "p.json").out.strip())
    assert policy == {"scope": "other", "deadline": 1893456000, "saveKey": "é"}


def test_expires_wins_over_the_policy_s_deadline(cli: Cli) -> None:
    result = cli("token", "--policy", "-", "--expires", "60", stdin='{"deadline":1893456000}')
    assert policy_of(result.out.strip())["deadline"] < time.time() + 61


def test_json_has_token_expiry_and_policy(cli: Cli) -> None:
    document = cli("token", "--json").json
    assert policy_of(document["token"]) == document["policy"]
    assert document["expires_at"] == document["policy"]["deadline"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"callbackUrl":"http://x"}', "callbackBody must be set"),
        ('{"deadline":"1893456000"}', "deadline must be an integer"),
        ('{"scope":""}', "scope not specified"),
    ],
)
def test_a_policy_that_no_gateway_would_take_is_not_signed(
    cli: Cli, text: str, complaint: str
) -> None:
    result = cli("token", "--policy", "-", stdin=text)
    assert (result.status, result.out, complaint in result.err) == (1, "", True)


def test_a_key_beside_a_scope_is_wrong_use(cli: Cli) -> None:
    assert cli("token", "--policy", "-", "--key", "k", stdin='{"scope":"b"}').status == 2


def test_no_keys_are_wrong_use(cli: Cli) -> None:
    result = cli("token", "--access-key", "", "--secret-key", "")
    assert (result.status, "--preset" in result.err) == (2, True)


def test_the_secret_is_printed_nowhere(cli: Cli) -> None:
    result = cli("token", "--json")
    assert PAIR.secret_key not in result.out + result.err


# Asked for.


def test_a_preset_s_answer_is_the_gateway_s_own(cli: Cli, gateway: UploadGateway) -> None:
    document = cli("token", "--preset", "default", "--json").json
    assert document["upload_url"] == gateway.url
    assert policy_of(document["token"])["endUser"] == "local"


def test_an_unknown_preset_is_told(cli: Cli) -> None:
    result = cli("token", "--preset", "none")
    assert (result.status, "no preset none" in result.err) == (1, True)


@pytest.mark.parametrize("option", [("--key", "k"), ("--expires", "60"), ("--policy", "-")])
def test_with_a_preset_the_stack_decides(cli: Cli, option: tuple[str, str]) -> None:
    assert cli("token", "--preset", "default", *option).status == 2


def test_a_bearer_is_sent_as_it_is(cli: Cli, gateway: UploadGateway) -> None:
    seen: list[Received] = []
    gateway.interfere = lambda request: seen.append(request)
    assert cli("token", "--preset", "default", "--bearer", "jwt").status == 0
    assert seen[0].headers["authorization"] == "Bearer jwt"


def closed(seen: list[Received], gateway: UploadGateway) -> None:
    """An endpoint with an IAM authorizer, as API Gateway answers it."""

    def interfere(request: Received) -> Reply | None:
        seen.append(request)
        if request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return None
        return Reply(403, b'{"message":"Forbidden"}')

    gateway.interfere = interfere


def test_a_closed_endpoint_is_asked_with_aws_credentials(
    cli: Cli, gateway: UploadGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    seen: list[Received] = []
    closed(seen, gateway)
    assert cli("token", "--preset", "default").status == 0
    assert "/eu-central-1/execute-api/aws4_request" in seen[-1].headers["authorization"]


@pytest.fixture
def behind_a_front(
    gateway: UploadGateway, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, list[Received]]]:
    """The address of something that passes on to the gateway under the gateway's own name.

    As CloudFront does: no signature over the front's name is good any more.
    """
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    seen: list[Received] = []
    closed(seen, gateway)

    def front(_: Received) -> Reply:
        return Reply(403, b'{"message":"Forbidden"}')

    with loopback.serve(front) as url:
        yield url, seen


def test_behind_a_front_the_api_itself_is_asked_with_aws_credentials(
    cli: Cli, gateway: UploadGateway, behind_a_front: tuple[str, list[Received]]
) -> None:
    front, seen = behind_a_front
    options = ("--url", front, "--api-url", f"{gateway.url}/")
    assert cli("token", "--preset", "default", *options).status == 0
    assert len(seen) == 1
    assert seen[0].headers["host"] == urlsplit(gateway.url).netloc


def test_behind_a_front_the_way_round_it_is_told(
    cli: Cli, behind_a_front: tuple[str, list[Received]]
) -> None:
    result = cli("token", "--preset", "default", "--url", behind_a_front[0])
    assert (result.status, "--api-url" in result.err, "ApiUrl" in result.err) == (1, True, True)


def test_an_api_address_with_a_path_is_refused(cli: Cli) -> None:
    result = cli("token", "--preset", "default", "--api-url", "https://a.example.com/prod")
    assert (result.status, "--api-url" in result.err) == (2, True)


def test_without_credentials_it_says_what_is_missing(
    cli: Cli, gateway: UploadGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    closed([], gateway)
    result = cli("token", "--preset", "default")
    assert (result.status, "--bearer" in result.err) == (1, True)


@pytest.mark.parametrize("document", [{}, {"token": 1}, {"token": "t"}, "x"])
def test_an_endpoint_that_gives_no_token_is_told(
    cli: Cli, gateway: UploadGateway, document: object
) -> None:
    gateway.interfere = lambda _: answer(200, document)
    result = cli("token", "--preset", "default")
    assert (result.status, len(result.err.splitlines())) == (1, 1)


# For as long as an upload takes.


def test_keys_sign_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = SignedTokens(PAIR, "demo", overwrite=False)
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    assert policy_of(tokens.token("k")) == {"scope": "demo", "deadline": 1_003_600}


def test_to_overwrite_the_key_stands_in_the_scope() -> None:
    tokens = SignedTokens(PAIR, "demo", overwrite=True)
    assert policy_of(tokens.token("k"))["scope"] == "demo:k"
    assert policy_of(tokens.token(None))["scope"] == "demo"


def test_a_preset_s_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    asked: list[int] = []

    def ask() -> tuple[str, float]:
        asked.append(1)
        return f"ak:s:{len(asked)}", 3600.0

    tokens = PresetTokens(ask)
    now += 3600 - 121
    assert tokens.token(None) == "ak:s:1"
    now += 2
    assert tokens.token(None) == "ak:s:2"


def test_a_clock_that_is_set_back_has_a_preset_s_token_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    issued = iter([("ak:s:1", 3600.0), ("ak:s:2", 3600.0)])
    tokens = PresetTokens(lambda: next(issued))
    now -= 1
    assert tokens.token(None) == "ak:s:2"


@pytest.mark.parametrize("skew", [-7200.0, 0.0, 7200.0])
def test_what_a_token_has_left_goes_by_the_gateway_s_clock(
    monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    class Endpoint:
        url = "http://gateway.example"

        def send(self, _: object) -> Answer:
            headers = {"date": "Wed, 18 May 2033 02:33:20 GMT"}
            return Answer(200, headers, b'{"token":"ak:s:p","expires_at":2000000000}')

    monkeypatch.setattr(time, "time", lambda: 1_999_996_400.0 + skew)
    issued = ask_for_token(cast("GatewayClient", Endpoint()), "default", Identity())
    assert issued.seconds_left == 3600


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_without_the_gateway_s_clock_this_machine_s_is_used(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    class Endpoint:
        url = "http://gateway.example"

        def send(self, _: object) -> Answer:
            return Answer(200, headers, b'{"token":"ak:s:p","expires_at":2000000000}')

    monkeypatch.setattr(time, "time", lambda: 1_999_999_000.0)
    issued = ask_for_token(cast("GatewayClient", Endpoint()), "default", Identity())
    assert issued.seconds_left == 1000
