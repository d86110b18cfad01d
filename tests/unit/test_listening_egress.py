"""Both sides of a mailbox on moto's table: the callback function's, and `upgate listen`'s."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.scripted_server import ScriptedServer, answers
from upgate import limits
from upgate.listening import mailbox_items
from upgate.listening.letter import Letter, LocalAnswer
from upgate.listening.letter_exchange import Mailbox
from upgate.listening.listening_egress import ListeningEgress
from upgate.outbound.egress import Egress
from upgate.outbound.egress_errors import (
    EgressAnswerTooLargeError,
    EgressConnectionError,
    EgressRefusedError,
    EgressTimeoutError,
)
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest
from upgate.outbound.egress_rules import EgressRules
from upgate.outbound.egress_url import parse_target
from upgate_cli.errors import CommandError
from upgate_cli.stack.mailbox_table import MailboxTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOST = "app.example.com"  # resolves nowhere (RFC 2606)
RULES = EgressRules(allow_loopback=True)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        yield client


@pytest.fixture
def listener(table: DynamoDBClient) -> MailboxTable:
    listening = MailboxTable(table, "ledger")
    listening.lease([HOST])
    return listening


def egress(
    table: DynamoDBClient,
    meanwhile: Callable[[], object] = lambda: None,
    rules: EgressRules = RULES,
) -> ListeningEgress:
    """The callback function's; `meanwhile` is what happens while it waits."""

    def wait(_: float) -> None:
        meanwhile()

    mailbox = Mailbox(lambda: table, "ledger", wait=wait)
    return ListeningEgress(Egress(rules), rules, mailbox)


def request(url: str = f"https://{HOST}/cb?x=1", body: bytes = b"a=1") -> OutgoingRequest:
    headers = {"Authorization": "QBox a:b", "Content-Type": "text/plain"}
    return OutgoingRequest("POST", parse_target(url), headers, body)


def answered(listener: MailboxTable, answer: LocalAnswer, seen: list[Letter]) -> Callable[[], None]:
    def answer_all() -> None:
        for letter in listener.take():
            seen.append(letter)
            assert listener.answer(letter, answer)

    return answer_all


def items(table: DynamoDBClient) -> list[Any]:
    return table.scan(TableName="ledger")["Items"]


def test_listened_to_host_gets_its_answer_from_the_mailbox(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    seen: list[Letter] = []
    work = answered(listener, LocalAnswer(status=200, body=b'{"ok":1}'), seen)
    assert egress(table, work).send(request(), 5, 1000) == EgressAnswer(
        200, "application/json", b'{"ok":1}'
    )
    assert (seen[0].method, seen[0].host, seen[0].path) == ("POST", HOST, "/cb?x=1")
    assert (seen[0].headers, seen[0].body) == (request().headers, b"a=1")


def test_nothing_but_the_lease_is_left_afterwards(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    work = answered(listener, LocalAnswer(status=200), [])
    egress(table, work).send(request(), 5, 1000)
    assert [item["sk"]["S"] for item in items(table)] == ["lease"]


def test_every_item_has_a_time_to_live(table: DynamoDBClient, listener: MailboxTable) -> None:
    def look() -> None:
        assert len(items(table)) == 2
        lives = [int(item["expires_at"]["N"]) - time.time() for item in items(table)]
        assert all(0 < life <= limits.MAILBOX_LIFETIME_SECONDS for life in lives)
        answered(listener, LocalAnswer(status=200), [])()

    egress(table, look).send(request(), 5, 1000)


def test_other_hosts_are_called_themselves(table: DynamoDBClient, listener: MailboxTable) -> None:
    with ScriptedServer(answers(b"{}")) as server:
        url = f"http://127.0.0.1:{server.port}/cb"
        assert egress(table).send(request(url), 5, 1000).status == 200
    assert len(server.requests) == 1
    assert listener.take() == []


def test_listener_of_a_host_gets_nothing_for_another_port(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    with pytest.raises(EgressConnectionError, match="no such host"):
        egress(table).send(request(f"https://{HOST}:8443/"), 2, 1000)


def test_host_that_was_released_is_called_itself(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    listener.release([HOST])
    with pytest.raises(EgressConnectionError, match="no such host"):
        egress(table).send(request(), 2, 1000)


def test_lease_that_ran_out_does_not_count(
    table: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upgate.limits.LISTENER_LEASE_SECONDS", 0)
    MailboxTable(table, "ledger").lease([HOST])
    with pytest.raises(EgressConnectionError, match="no such host"):
        egress(table).send(request(), 2, 1000)


def test_letter_that_nobody_takes_is_a_timeout_and_is_removed(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    with pytest.raises(EgressTimeoutError, match="listener: i/o timeout"):
        egress(table).send(request(), 0.2, 1000)
    assert [item["sk"]["S"] for item in items(table)] == ["lease"]


def test_answer_that_comes_too_late_is_told_so(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    taken: list[Letter] = []
    with pytest.raises(EgressTimeoutError):
        egress(table, lambda: taken.extend(listener.take())).send(request(), 0.3, 1000)
    assert not listener.answer(taken[0], LocalAnswer(status=200))
    assert [item["sk"]["S"] for item in items(table)] == ["lease"]


def test_letter_is_taken_once(table: DynamoDBClient, listener: MailboxTable) -> None:
    taken: list[Letter] = []
    with pytest.raises(EgressTimeoutError):
        egress(table, lambda: taken.extend(listener.take())).send(request(), 0.3, 1000)
    assert len(taken) == 1


def test_error_of_the_developers_machine_is_told(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    work = answered(listener, LocalAnswer(status=0, error="dial: connection refused"), [])
    with pytest.raises(EgressConnectionError, match="listener: dial: connection refused"):
        egress(table, work).send(request(), 5, 1000)


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_answer_is_capped_as_every_answer_is(
    table: DynamoDBClient, listener: MailboxTable, size: int, fits: bool
) -> None:
    work = answered(listener, LocalAnswer(status=200, body=bytes(size)), [])
    sending = egress(table, work)
    if fits:
        assert len(sending.send(request(), 5, 1000).body) == size
        return
    with pytest.raises(EgressAnswerTooLargeError):
        sending.send(request(), 5, 1000)


def test_body_above_the_limit_is_refused_before_it_is_put_in(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    body = bytes(limits.MAILBOX_BODY_BYTES + 1)
    with pytest.raises(EgressRefusedError):
        egress(table).send(request(body=body), 1, 1000)
    assert len(items(table)) == 1
    work = answered(listener, LocalAnswer(status=200), [])
    assert egress(table, work).send(request(body=body[1:]), 5, 1000).status == 200


def test_allow_list_of_hosts_holds_for_listeners_too(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    rules = EgressRules(allowed_hosts=frozenset({"other.example"}))
    with pytest.raises(EgressRefusedError):
        egress(table, rules=rules).send(request(), 1, 1000)
    assert listener.take() == []


def test_answer_that_is_none_is_a_failed_attempt(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    def scribble() -> None:
        for letter in listener.take():
            [item] = [item for item in items(table) if item["sk"]["S"] != "lease"]
            table.update_item(
                TableName="ledger",
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET answer = :a",
                ExpressionAttributeValues={":a": {"S": f"{letter.letter_id}?"}},
            )

    with pytest.raises(EgressConnectionError, match="the mailbox failed"):
        egress(table, scribble).send(request(), 5, 1000)


def test_table_that_fails_lets_nothing_out(table: DynamoDBClient) -> None:
    """Of a callback that may have been meant for a listener, another server must not learn."""
    table.delete_table(TableName="ledger")
    with ScriptedServer(answers(b"{}")) as server:
        with pytest.raises(EgressConnectionError, match="the mailbox failed"):
            egress(table).send(request(f"http://127.0.0.1:{server.port}/"), 5, 1000)
        assert server.requests == []


# Leases.


def test_host_that_another_run_has_is_refused(
    table: DynamoDBClient, listener: MailboxTable
) -> None:
    with pytest.raises(CommandError, match=r"another .* has the callbacks of app\.example\.com"):
        MailboxTable(table, "ledger").lease([HOST])


def test_own_lease_is_renewed(table: DynamoDBClient, listener: MailboxTable) -> None:
    before = int(items(table)[0]["until"]["N"])
    threading.Event().wait(0.002)
    listener.lease([HOST])
    assert int(items(table)[0]["until"]["N"]) > before


def test_lease_of_a_run_that_is_gone_can_be_taken(
    table: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("upgate.limits.LISTENER_LEASE_SECONDS", -1)
        MailboxTable(table, "ledger").lease([HOST])
    MailboxTable(table, "ledger").lease([HOST])


def test_another_runs_lease_is_not_released(table: DynamoDBClient, listener: MailboxTable) -> None:
    MailboxTable(table, "ledger").release([HOST])
    key = mailbox_items.lease_key(HOST)
    assert "Item" in table.get_item(TableName="ledger", Key=key)
