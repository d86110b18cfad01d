"""Keys that change while uploads are under way: `upgate keys rotate` beside warm functions."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

import boto3
import pytest

from tests import events
from tests.fakes import aws
from tests.functional.conftest import Functions
from tests.resumable_client import BLOCK, Answer, Client, b64, content, cut
from upgate.tokens.keys import KeyPair
from upgate_aws.thin_clients import ThinSecrets
from upgate_cli.stack.key_secret import KeySecret

KEY = f"/key/{b64('k')}"
DATA = content(BLOCK + 7)


@pytest.fixture
def secret(functions: Functions) -> Iterator[KeySecret]:
    client: Any = boto3.client(
        "secretsmanager",
        endpoint_url=functions.aws.moto,
        region_name=aws.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    before = client.get_secret_value(SecretId=aws.SECRET)["SecretString"]
    yield KeySecret(client, aws.SECRET)
    client.put_secret_value(SecretId=aws.SECRET, SecretString=before)


@pytest.fixture
def old(secret: KeySecret) -> KeyPair:
    """The pair that signs until the rotation."""
    return secret.pairs()[0]


@pytest.fixture
def app(functions: Functions, old: KeyPair) -> ModuleType:
    """A warm function: it has read the keys before they change."""
    app = functions.load("resumable")
    assert Client(app, events.token(pair=old)).mkblk(1, b"a").status == 200
    return app


def test_key_that_somebody_adds_meanwhile_stays(secret: KeySecret, old: KeyPair) -> None:
    client: Any = secret._client
    put = client.put_secret_value
    ours, theirs = KeyPair("ours", "o" * 40), KeyPair("theirs", "t" * 40)
    calls: list[str] = []

    def slow_put(**arguments: Any) -> Any:
        calls.append(arguments["SecretString"])
        if len(calls) == 1:
            secret.add(theirs)
        return put(**arguments)

    client.put_secret_value = slow_put
    try:
        secret.add(ours)
        fresh = secret.rotate(None)
    finally:
        del client.put_secret_value
    names = [pair.access_key for pair in secret.pairs()]
    assert names[0] == fresh.access_key
    assert {"ours", "theirs", old.access_key} <= set(names)
    assert len(calls) == 4  # the first of them was too late


def begin_v1(up: Client) -> list[str]:
    return up.blocks(DATA)


def end_v1(up: Client, ctxs: list[str]) -> Answer:
    return up.mkfile(len(DATA), ctxs, KEY)


def begin_v2(up: Client) -> tuple[str, list[tuple[int, str]]]:
    upload_id = up.initiate()
    return upload_id, up.parts(upload_id, cut(DATA))


def end_v2(up: Client, begun: tuple[str, list[tuple[int, str]]]) -> Answer:
    return up.complete(*begun)


PROTOCOLS = pytest.mark.parametrize(
    ("begin", "end"), [(begin_v1, end_v1), (begin_v2, end_v2)], ids=["v1", "v2"]
)


@PROTOCOLS
@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_upload_that_began_before_a_rotation_ends_after_it(
    app: ModuleType,
    functions: Functions,
    secret: KeySecret,
    old: KeyPair,
    begin: Any,
    end: Any,
    is_warm: bool,
) -> None:
    up = Client(app, events.token(pair=old))
    begun = begin(up)
    secret.rotate(keep=None)
    if not is_warm:
        up.app = functions.load("resumable")
    answer = end(up, begun)
    assert (answer.status, answer.body["key"]) == (200, "k")
    assert functions.aws.s3.objects["s3-demo", "k"].body == DATA


@PROTOCOLS
def test_token_of_the_new_pair_is_good_at_once_on_a_warm_function(
    app: ModuleType, secret: KeySecret, begin: Any, end: Any
) -> None:
    up = Client(app, events.token(pair=secret.rotate(keep=None)))
    assert end(up, begin(up)).status == 200


def test_form_with_a_token_of_the_new_pair_is_good_at_once(
    functions: Functions, secret: KeySecret
) -> None:
    app = functions.load("upload")
    assert form(app, events.PAIR) == 200
    assert form(app, secret.rotate(keep=None)) == 200
    assert form(app, events.PAIR) == 200


def form(app: ModuleType, pair: KeyPair) -> int:
    event = events.form_of({"token": events.token(pair=pair), "key": secrets.token_hex(4)})
    return cast("int", app.lambda_handler(event, None)["statusCode"])


@PROTOCOLS
def test_upload_of_a_pair_that_was_dropped_in_between_is_401(
    app: ModuleType,
    functions: Functions,
    secret: KeySecret,
    old: KeyPair,
    begin: Any,
    end: Any,
) -> None:
    up = Client(app, events.token(pair=old))
    begun = begin(up)
    secret.rotate(keep=None)
    secret.rotate(keep=2)
    up.app = functions.load("resumable")
    assert end(up, begun).short == (401, {"error": "bad token"})
    assert ("s3-demo", "k") not in functions.aws.s3.objects


@PROTOCOLS
def test_upload_that_goes_on_under_the_new_pair_begins_again(
    app: ModuleType, secret: KeySecret, old: KeyPair, begin: Any, end: Any
) -> None:
    """What was signed for one access key is no other's; SDKs begin again at 701 and 612."""
    begun = begin(Client(app, events.token(pair=old)))
    up = Client(app, events.token(pair=secret.rotate(keep=None)))
    assert end(up, begun).status in (701, 612)
    assert end(up, begin(up)).status == 200


def test_invented_access_keys_cost_one_read_of_the_secret(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = ThinSecrets.get_secret_value

    def count(self: ThinSecrets, *arguments: Any, **options: Any) -> Any:
        nonlocal reads
        reads += 1
        return read(self, *arguments, **options)

    monkeypatch.setattr(ThinSecrets, "get_secret_value", count)
    app = functions.load("upload")
    assert form(app, events.PAIR) == 200
    statuses = {form(app, KeyPair(secrets.token_hex(8), "x")) for _ in range(20)}
    assert (statuses, reads) == ({401}, 2)


def test_secret_that_was_emptied_is_never_read_out(
    functions: Functions, secret: KeySecret, old: KeyPair
) -> None:
    secret._client.put_secret_value(
        SecretId=aws.SECRET, SecretString=json.dumps({"keys": [{"secret_key": "recognisable"}]})
    )
    event = events.form_of({"token": events.token(pair=old)})
    answer = functions.load("upload").lambda_handler(event, None)
    assert answer["statusCode"] == 599
    assert "recognisable" not in json.dumps(answer)
