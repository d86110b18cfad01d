"""`upgate presets` and `upgate keys` against moto's AWS in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.fakes import moto_secrets
from tests.fakes.cli import Cli

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "ledger",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    },
}
FIRST_PAIR = '{"access_key":"first","secret_key":"sesame"}'
PRESET = '{"bucket":"demo","keyPrefix":"u/$(endUser)/"}'


def create_stack(name: str, template: dict[str, Any]) -> None:
    formation = boto3.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Cli]:
    command_line = Cli(capsys, monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    moto_secrets.mend()
    with mock_aws():
        # moto's CloudFormation makes no secrets.
        secret = boto3.client("secretsmanager").create_secret(Name="k", SecretString=FIRST_PAIR)
        outputs = {
            "LedgerTable": {"Value": {"Ref": "Table"}},
            "KeysSecret": {"Value": secret["ARN"]},
        }
        parameters = {"LogicalBucket": {"Type": "String", "Default": "demo"}}
        create_stack(
            "upgate", {"Parameters": parameters, "Resources": {"Table": TABLE}, "Outputs": outputs}
        )
        create_stack("other", {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
        yield command_line


# Presets.


def test_a_preset_is_written_listed_shown_and_removed(cli: Cli) -> None:
    assert cli("presets", "put", "avatars", "-", stdin=PRESET).status == 0
    assert cli("presets", "put", "a", "-", stdin=PRESET).status == 0
    assert cli("presets", "list").out == "a\navatars\n"
    assert cli("presets", "list", "--json").json == ["a", "avatars"]
    assert cli("presets", "show", "avatars", "--json").json == json.loads(PRESET)
    assert cli("presets", "delete", "avatars").status == 0
    assert cli("presets", "list", "--json").json == ["a"]


def test_it_is_stored_as_the_token_function_reads_it(cli: Cli) -> None:
    cli("presets", "put", "avatars", "-", stdin=PRESET)
    [item] = boto3.client("dynamodb").scan(TableName="ledger")["Items"]
    assert item == {
        "pk": {"S": "preset#avatars"},
        "sk": {"S": "preset"},
        "document": {"S": PRESET},
    }


def test_other_items_of_the_ledger_are_not_listed(cli: Cli) -> None:
    item = {"pk": {"S": "upload#x"}, "sk": {"S": "intent"}}
    boto3.client("dynamodb").put_item(TableName="ledger", Item=item)
    assert cli("presets", "list", "--json").json == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("{}", "needs a bucket"),
        ('{"bucket":"demo","keyPrefix":"u/$(endUser)"}', "needs a '/'"),
        ('{"bucket":"demo","policy":{"deadline":1}}', "may not set deadline"),
        ('{"bucket":"demo","policy":{"saveKey":"$(eatg)"}}', "$(eatg)"),
        ('{"bucket":"other"}', "the stack has no bucket other: it has demo"),
    ],
)
def test_a_preset_that_is_wrong_is_not_written(cli: Cli, text: str, words: str) -> None:
    result = cli("presets", "put", "a", "-", stdin=text)
    assert (result.status, words in result.err) == (1, True)
    assert cli("presets", "list", "--json").json == []


@pytest.mark.parametrize("name", ["a/b", "-a", "", "a" * 65])
def test_a_name_that_no_client_could_ask_for_is_refused(cli: Cli, name: str) -> None:
    assert cli("presets", "put", "--", name, "-", stdin=PRESET).status == 1


@pytest.mark.parametrize("command", ["show", "delete"])
def test_a_preset_that_is_not_there_is_told(cli: Cli, command: str) -> None:
    result = cli("presets", command, "none")
    assert (result.status, "no preset none" in result.err) == (1, True)


# Keys.


def test_keys_are_listed_without_their_secrets(cli: Cli) -> None:
    result = cli("keys", "list")
    assert result.out == "first\n"
    assert cli("keys", "list", "--json").json == [{"access_key": "first"}]


def test_secrets_are_shown_when_asked_for(cli: Cli) -> None:
    assert cli("keys", "list", "--show-secrets").out == "first  sesame\n"


def test_a_new_pair_comes_first_and_old_ones_stay(cli: Cli) -> None:
    fresh = cli("keys", "rotate", "--show-secrets", "--json").json
    pairs = cli("keys", "list", "--json", "--show-secrets").json
    assert pairs == [fresh, {"access_key": "first", "secret_key": "sesame"}]


def test_keep_drops_the_oldest(cli: Cli) -> None:
    first = cli("keys", "rotate", "--json").json
    second = cli("keys", "rotate", "--keep", "2", "--json").json
    assert cli("keys", "list", "--json").json == [second, first]


def test_keeping_the_new_pair_alone_would_break_every_client(cli: Cli) -> None:
    assert cli("keys", "rotate", "--keep", "1").status == 2


def test_an_old_pair_is_added_from_a_pipe_and_stands_last(cli: Cli) -> None:
    assert cli("keys", "add", "kodo", stdin="opensesame\n").out.startswith("kodo is verified")
    pairs = cli("keys", "list", "--json", "--show-secrets").json
    assert pairs[-1] == {"access_key": "kodo", "secret_key": "opensesame"}
    assert pairs[0]["access_key"] == "first"


def test_a_known_access_key_is_not_added_again(cli: Cli) -> None:
    result = cli("keys", "add", "first", stdin="other\n")
    assert (result.status, "first is there already" in result.err) == (1, True)
    assert cli("keys", "list", "--show-secrets").out == "first  sesame\n"


@pytest.mark.parametrize(("access_key", "secret_key"), [("kodo", ""), ("ko:do", "s")])
def test_half_a_pair_is_wrong_use(cli: Cli, access_key: str, secret_key: str) -> None:
    assert cli("keys", "add", access_key, stdin=f"{secret_key}\n").status == 2


def test_a_removed_pair_is_gone_and_the_others_stay(cli: Cli) -> None:
    fresh = cli("keys", "rotate", "--json").json
    assert cli("keys", "remove", "first").status == 0
    assert cli("keys", "list", "--json").json == [fresh]


@pytest.mark.parametrize(
    ("access_key", "complaint"), [("first", "the only pair"), ("none", "no pair has")]
)
def test_a_pair_that_cannot_go_stays(cli: Cli, access_key: str, complaint: str) -> None:
    result = cli("keys", "remove", access_key)
    assert (result.status, complaint in result.err) == (1, True)
    assert cli("keys", "list").out == "first\n"


def test_a_secret_without_keys_is_told_and_left_alone(cli: Cli) -> None:
    manager = boto3.client("secretsmanager")
    [secret] = manager.list_secrets()["SecretList"]
    manager.put_secret_value(SecretId=secret["ARN"], SecretString='{"password":"sesame"}')
    result = cli("keys", "rotate")
    assert (result.status, "sesame" in result.err) == (1, False)
    stored = manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
    assert stored == '{"password":"sesame"}'


# The stack.


def test_an_unknown_stack_is_told(cli: Cli) -> None:
    result = cli("keys", "list", "--stack", "none")
    assert (result.status, "no stack none" in result.err) == (1, True)


def test_somebody_else_s_stack_is_told(cli: Cli) -> None:
    result = cli("keys", "list", "--stack", "other")
    assert (result.status, "no output KeysSecret" in result.err) == (1, True)


def test_no_region_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    result = cli("presets", "list")
    assert (result.status, "AWS_REGION" in result.err) == (1, True)
