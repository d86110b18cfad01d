"""The key ring out of the secret: read once, and again when a rotation calls for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError

from upgate.errors import StorageFailedError
from upgate_aws import key_source
from upgate_aws.key_source import KeySource, parse_secret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def pair(name: str) -> dict[str, str]:
    return {"access_key": name, "secret_key": f"secret of {name}"}


class Secrets:
    """A secret that a test changes, and a count of its readers."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.reads = 0
        self.is_down = False

    def get_secret_value(self, **_: str) -> dict[str, str]:
        self.reads += 1
        if self.is_down:
            raise ClientError({"Error": {"Code": "Down"}}, "GetSecretValue")
        return {"SecretString": json.dumps({"keys": [pair(name) for name in self.names]})}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(secrets: Secrets, clock: Clock) -> KeySource:
    return KeySource(lambda: cast("SecretsManagerClient", secrets), "arn", clock)


def test_known_key_is_read_once_within_the_cache_time() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    assert source.find("a") is not None
    clock.now += key_source.CACHE_SECONDS
    assert source.find("a") is not None
    assert secrets.reads == 1


def test_ring_is_read_again_after_the_cache_time() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    clock.now += key_source.CACHE_SECONDS + 1
    source.find("a")
    assert secrets.reads == 2


def test_new_key_of_a_rotation_is_found_at_once() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    secrets.names = ("b", "a")
    assert source.find("b") is not None
    assert secrets.reads == 2


def test_new_key_is_read_once_by_a_function_that_is_cold() -> None:
    secrets = Secrets("a")
    assert make(secrets, Clock()).find("invented") is None
    assert secrets.reads == 1


def test_invented_keys_cost_one_read_in_an_interval() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    for number in range(100):
        assert source.find(f"invented-{number}") is None
    assert secrets.reads == 2
    clock.now += key_source.REFRESH_SECONDS - 1
    source.find("invented")
    assert secrets.reads == 2
    clock.now += 1
    source.find("invented")
    assert secrets.reads == 3


def test_new_key_behind_an_invented_one_is_found_after_the_interval() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    source.find("invented")
    secrets.names = ("b", "a")
    clock.now += key_source.REFRESH_SECONDS
    assert source.find("b") is not None


def test_removed_key_is_unknown_after_the_cache_time() -> None:
    secrets, clock = Secrets("b", "a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    secrets.names = ("b",)
    clock.now += key_source.CACHE_SECONDS + 1
    assert source.find("a") is None


def test_secret_that_cannot_be_read_again_leaves_the_last_keys() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    secrets.is_down = True
    clock.now += key_source.CACHE_SECONDS + 1
    for _ in range(10):
        assert source.find("a") is not None
    assert secrets.reads == 2
    clock.now += key_source.REFRESH_SECONDS + 1
    source.find("a")
    assert secrets.reads == 3


def test_unknown_key_is_no_wrong_token_while_the_secret_cannot_be_read() -> None:
    secrets, clock = Secrets("a"), Clock()
    source = make(secrets, clock)
    source.find("a")
    secrets.is_down = True
    with pytest.raises(StorageFailedError):
        source.find("b")


def test_unreadable_secret_is_a_failure_of_ours() -> None:
    secrets = Secrets("a")
    secrets.is_down = True
    with pytest.raises(StorageFailedError):
        make(secrets, Clock()).find("a")


def test_single_pair_of_a_new_stack_is_a_ring() -> None:
    assert parse_secret(json.dumps(pair("a"))).newest.access_key == "a"


def test_first_pair_of_the_list_signs() -> None:
    text = json.dumps({"keys": [pair("new"), pair("old")]})
    assert parse_secret(text).newest.access_key == "new"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"access_key":"a","secret_key":null}',
        '{"keys":[]}',
        '{"keys":[{}]}',
        '{"keys":7}',
        '{"secret_key":"hidden"}',
    ],
)
def test_broken_secret_is_refused_and_never_quoted(text: str) -> None:
    with pytest.raises(StorageFailedError) as caught:
        parse_secret(text)
    assert caught.value.__cause__ is None
    assert "hidden" not in str(caught.value)
