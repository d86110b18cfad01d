"""`POST /token` of the deployed template, closed as on AWS: by a JWT, and by SigV4."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.local_process import LocalProcess
from tests.fakes import oidc_issuer
from tests.fakes.oidc_issuer import AUDIENCE, OidcIssuer
from upgate_cli.stack.preset_table import PresetTable

pytestmark = pytest.mark.e2e

SECONDS = 60.0
YEAR_2100 = 4102444800
PRESET = "own-tree"
BODY = json.dumps({"preset": PRESET}).encode()


@contextmanager
def running(*options: str) -> Iterator[str]:
    """The origin of `upgate local` with these options, and a preset for each user's own tree."""
    process = LocalProcess.start("--port", "0", *options)
    try:
        url = process.value("ready")
        session = boto3.Session("test", "test", region_name="us-east-1")
        endpoint = process.value("aws")
        table = session.client("cloudformation", endpoint_url=endpoint).describe_stack_resource(
            StackName="upgate", LogicalResourceId="LedgerTable"
        )["StackResourceDetail"]["PhysicalResourceId"]
        preset = {"bucket": "demo", "keyPrefix": "users/$(endUser)/"}
        client = session.client("dynamodb", endpoint_url=endpoint)
        PresetTable(client, table).put(PRESET, json.dumps(preset))
        yield url
    finally:
        process.end(signal.SIGTERM)


def post(url: str, headers: dict[str, str], body: bytes = BODY) -> requests.Response:
    return requests.post(f"{url}/token", body, headers=headers, timeout=SECONDS)


def policy_of(answer: requests.Response) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(answer.json()["token"].split(":")[2])
    )
    return policy


# A JWT.


@dataclass(frozen=True, slots=True)
class JwtGateway:
    """A gateway whose tokens are for the users of an issuer."""

    url: str
    issuer: OidcIssuer
    other_key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def ask(self, jwt: str, body: bytes = BODY) -> requests.Response:
        headers = {"Authorization": f"Bearer {jwt}", "Content-Type": "application/json"}
        return post(self.url, headers, body)


@pytest.fixture(scope="module")
def by_jwt() -> Iterator[JwtGateway]:
    with (
        oidc_issuer.running() as issuer,
        running("--jwt-issuer", issuer.url, "--jwt-audience", AUDIENCE) as url,
    ):
        yield JwtGateway(url, issuer)


def test_user_of_the_issuer_gets_a_token_in_his_own_name(by_jwt: JwtGateway) -> None:
    answer = by_jwt.ask(by_jwt.issuer.token(sub="user-7"))
    assert (answer.status_code, policy_of(answer)["endUser"]) == (200, "user-7")


def test_user_uploads_with_his_token(by_jwt: JwtGateway) -> None:
    token = by_jwt.ask(by_jwt.issuer.token()).json()["token"]
    answer = requests.post(
        by_jwt.url,
        {"token": token, "key": "users/user-7/mine"},
        files={"file": b"x"},
        timeout=SECONDS,
    )
    assert (answer.status_code, answer.json()["key"]) == (200, "users/user-7/mine")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"preset":"default"}', b'{"preset":"demo-form"}'])
def test_no_preset_is_there_but_the_written_ones(by_jwt: JwtGateway, body: bytes) -> None:
    answer = by_jwt.ask(by_jwt.issuer.token(), body)
    assert (answer.status_code, "token" in answer.json()) == (404, False)


def test_end_user_of_the_clients_own_choice_is_refused(by_jwt: JwtGateway) -> None:
    answer = by_jwt.ask(by_jwt.issuer.token(), b'{"endUser":"root"}')
    assert (answer.status_code, "token" in answer.json()) == (400, False)


def test_token_without_a_subject_is_nobodys(by_jwt: JwtGateway) -> None:
    assert by_jwt.ask(by_jwt.issuer.token(sub=None)).status_code == 401


def test_without_a_jwt_the_gateway_asks_for_one(by_jwt: JwtGateway) -> None:
    answer = post(by_jwt.url, {})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda g: g.issuer.token(key=g.other_key), id="wrong signature"),
        pytest.param(lambda g: g.issuer.token(aud="other"), id="wrong audience"),
        pytest.param(lambda g: g.issuer.token(iss="https://other.example"), id="wrong issuer"),
        pytest.param(lambda g: g.issuer.token(exp=1000000000), id="expired"),
        pytest.param(lambda g: g.issuer.token(nbf=YEAR_2100), id="not yet valid"),
        pytest.param(lambda g: g.issuer.unsigned_token(), id="alg none"),
        pytest.param(lambda g: g.issuer.confused_token(), id="HS256 by the public key"),
    ],
)
def test_wrong_jwt_is_refused_by_the_gateway(
    by_jwt: JwtGateway, forge: Callable[[JwtGateway], str]
) -> None:
    answer = by_jwt.ask(forge(by_jwt))
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert "x-reqid" not in answer.headers  # the function has not run


def test_other_routes_stay_open(by_jwt: JwtGateway) -> None:
    answer = requests.get(f"{by_jwt.url}/v2/query?ak=a&bucket=b", timeout=SECONDS)
    assert "x-reqid" in answer.headers


# AWS Signature Version 4.


@pytest.fixture(scope="module")
def by_iam() -> Iterator[str]:
    with running("--token-auth", "iam") as url:
        yield url


def signed(url: str, credentials: Credentials) -> dict[str, str]:
    request = AWSRequest("POST", f"{url}/token", {}, BODY)
    SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_who_signs_gets_a_token_in_the_name_of_the_account(by_iam: str) -> None:
    answer = post(by_iam, signed(by_iam, Credentials("test", "test")))
    assert (answer.status_code, policy_of(answer)["endUser"]) == (200, "123456789012")


def test_unsigned_request_is_forbidden(by_iam: str) -> None:
    answer = post(by_iam, {})
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert "x-reqid" not in answer.headers


def test_signature_by_another_secret_is_forbidden(by_iam: str) -> None:
    answer = post(by_iam, signed(by_iam, Credentials("test", "wrong")))
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
