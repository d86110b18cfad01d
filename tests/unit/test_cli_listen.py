"""`upgate listen` up to its loop, and what it replays to a local server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import click
import pytest
from moto import mock_aws

from tests.fakes.cli import Cli
from tests.unit.scripted_server import ScriptedServer, answers, hangs
from tests.unit.test_cli_stack import TABLE, create_stack
from upgate import limits
from upgate.listening.letter import Letter, LocalAnswer
from upgate.outbound.egress_url import parse_target
from upgate_cli.listening.local_server import parse_to, replay
from upgate_cli.listening.session import Delivered
from upgate_cli.stack.mailbox_table import MailboxTable


def letter(path: str = "/cb?x=1&y=%41", seconds: float = 5.0) -> Letter:
    return Letter(
        letter_id="1",
        method="POST",
        host="app.example.com",
        path=path,
        headers={"Authorization": "QBox a:b", "X-Upgate-Delivery": "d1"},
        body=b"a=1",
        seconds=seconds,
    )


# What reaches the local server.


def test_request_is_replayed_byte_for_byte() -> None:
    with ScriptedServer(answers(b'{"ok":1}')) as server:
        to = parse_target(f"http://127.0.0.1:{server.port}")
        assert replay(to, letter()) == LocalAnswer(status=200, body=b'{"ok":1}')
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /cb?x=1&y=%41 HTTP/1.1"
    assert "Host: app.example.com" in lines
    assert "Authorization: QBox a:b" in lines
    assert body == b"a=1"


def test_server_that_is_not_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = replay(parse_target(f"http://127.0.0.1:{port}"), letter())
    assert answer == LocalAnswer(status=0, error=f"dial 127.0.0.1:{port}: connection refused")


def test_server_that_hangs_is_given_up_when_the_stack_gives_up() -> None:
    with ScriptedServer(hangs(b"")) as server:
        to = parse_target(f"http://127.0.0.1:{server.port}")
        assert replay(to, letter(seconds=0.2)) == LocalAnswer(status=0, error="read: i/o timeout")


@pytest.mark.parametrize("more", [0, 1])
def test_answer_is_capped(more: int) -> None:
    size = limits.MAILBOX_ANSWER_BYTES + more
    with ScriptedServer(answers(bytes(size))) as server:
        answer = replay(parse_target(f"http://127.0.0.1:{server.port}"), letter())
    assert (answer.status, len(answer.body)) == ((200, size) if not more else (0, 0))


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://192.168.1.5:3000/"])
def test_server_is_named_by_its_origin(url: str) -> None:
    assert parse_to(url).path == "/"


@pytest.mark.parametrize(
    "url", ["localhost:8000", "https://localhost:8000", "http://localhost:8000/cb", "http://a?x=1"]
)
def test_what_is_not_an_origin_is_wrong_use(url: str) -> None:
    with pytest.raises(click.BadParameter):
        parse_to(url)


# What is told.


def test_query_of_a_callback_is_not_told() -> None:
    delivered = Delivered(letter("/cb?secret=1"), LocalAnswer(status=200), 12, is_in_time=True)
    assert delivered.line() == "POST  app.example.com/cb  200  12 ms"
    assert delivered.document() == {
        "delivery": "d1",
        "host": "app.example.com",
        "path": "/cb",
        "status": 200,
        "error": "",
        "milliseconds": 12,
        "in_time": True,
    }


def test_answer_that_was_too_late_is_told_so() -> None:
    delivered = Delivered(letter(), LocalAnswer(status=0, error="EOF"), 9000, is_in_time=False)
    assert delivered.line() == (
        "POST  app.example.com/cb  EOF  9000 ms  too late: the stack waits no longer"
    )


# The command.


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Cli]:
    command_line = Cli(capsys, monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        for name, value in (("upgate", "true"), ("production", "false")):
            outputs = {"LedgerTable": {"Value": name}, "CallbackListen": {"Value": value}}
            table = TABLE | {"Properties": TABLE["Properties"] | {"TableName": name}}  # type: ignore[operator]
            create_stack(name, {"Resources": {"Table": table}, "Outputs": outputs})
        yield command_line


OPTIONS = ("listen", "--to", "http://localhost:8000", "--for")


def leases() -> list[str]:
    return [item["pk"]["S"] for item in boto3.client("dynamodb").scan(TableName="upgate")["Items"]]


def test_ctrl_c_gives_the_hosts_back(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []

    def press_ctrl_c(_: MailboxTable) -> list[Letter]:
        held.extend(leases())
        raise KeyboardInterrupt

    monkeypatch.setattr(MailboxTable, "take", press_ctrl_c)
    assert cli(*OPTIONS, "App.Example.com", "--for", "b.example:8443").status == 130
    assert sorted(held) == ["listener#app.example.com", "listener#b.example:8443"]
    assert leases() == []


def test_stack_that_allows_no_listeners_is_one_line(cli: Cli) -> None:
    done = cli(*OPTIONS, "app.example.com", "--stack", "production")
    assert (done.status, done.out) == (1, "")
    assert "deploy it with CallbackListen=true" in done.err
    assert len(done.err.splitlines()) == 1


def test_host_of_another_run_is_one_line_and_stays_its_own(cli: Cli) -> None:
    MailboxTable(boto3.client("dynamodb"), "upgate").lease(["app.example.com"])
    done = cli(*OPTIONS, "free.example", "--for", "app.example.com")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert leases() == ["listener#app.example.com"]


@pytest.mark.parametrize("host", ["http://app.example.com", "app.example.com/cb", "a b", ""])
def test_for_takes_hosts_only(cli: Cli, host: str) -> None:
    assert cli(*OPTIONS, host).status == 2
