"""The contract of `upgate local` (DESIGN "Local"), on real processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import Gateway
from tests.e2e.local_process import LocalProcess
from upgate.tokens.keys import KeyPair
from upgate_cli.local.errors import StartError
from upgate_cli.local.options import Options
from upgate_cli.local.rig import rig

pytestmark = pytest.mark.e2e

type Start = Callable[..., LocalProcess]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(url: str, *, data: bytes | None = None, method: str | None = None) -> Answer:
    headers = {"Content-Type": "application/octet-stream"} if data else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=data, headers=headers, method=method), timeout=60
        ) as answer:
            return Answer(answer.status, _lower(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _lower(error.headers.items()), error.read())


def _lower(pairs: list[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in pairs}


def processes_below(folder: Path) -> list[str]:
    """Command lines of the processes that were started with `folder` for temporary files."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has just ended
            continue
    return found


# What it prints.


def test_when_ready_it_prints_keys_and_bucket(gateway: Gateway) -> None:
    lines = gateway.process.lines
    assert f"access key {gateway.access_key}" in lines
    assert f"secret key {gateway.secret_key}" in lines
    assert f"bucket {gateway.bucket}" in lines


def test_the_ready_line_is_the_last_and_alone(gateway: Gateway) -> None:
    assert gateway.process.lines[-1] == f"ready {gateway.url}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_example_works_as_printed(gateway: Gateway) -> None:
    [line] = [line for line in gateway.process.lines if line.startswith("  curl ")]
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, timeout=60)
    assert done.stdout == b'{"hash":"Fqr0xh3cxeii2r7eDztILNmuqUNN","key":"hello.txt"}'


# What it serves.


def test_get_of_the_root_is_the_demo_page(gateway: Gateway) -> None:
    answer = request(f"{gateway.url}/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1>Upgate</h1>" in answer.body


def test_the_token_endpoint_is_open_to_the_user_local(gateway: Gateway) -> None:
    answer = request(f"{gateway.url}/token", method="POST")
    assert answer.status == 200


def test_an_unknown_path_reaches_the_function(gateway: Gateway) -> None:
    answer = request(f"{gateway.url}/no/such/path")
    assert (answer.status, "x-reqid" in answer.headers) == (404, True)


def test_a_preflight_reaches_the_function(gateway: Gateway) -> None:
    answer = request(f"{gateway.url}/", method="OPTIONS")
    assert "x-reqid" in answer.headers


def test_several_requests_at_once_are_all_answered(gateway: Gateway) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: request(f"{gateway.url}/at-once/{n}"), range(8)))
    assert [answer.status for answer in answers] == [404] * 8


def test_more_than_an_event_holds_is_refused_by_the_gateway(gateway: Gateway) -> None:
    """Unannounced, so that nothing in front of it can know."""
    answer = requests.post(gateway.url, data=iter([bytes(4_800_000)]), timeout=30)
    assert (answer.status_code, answer.content) == (413, b'{"message":"Request Entity Too Large"}')
    assert "X-Reqid" not in answer.headers


def test_what_is_announced_as_too_large_is_refused_in_front_of_it(gateway: Gateway) -> None:
    answer = request(f"{gateway.url}/", data=bytes(4_800_000))
    assert (answer.status, answer.body) == (413, b'{"error":"request entity too large"}')
    assert "x-reqid" in answer.headers


def test_the_functions_have_the_rights_of_the_template_only(gateway: Gateway) -> None:
    policy = gateway.aws("iam").get_role_policy(
        RoleName=gateway.resource("CallbackFunctionRole"), PolicyName="CallbackFunctionRolePolicy0"
    )
    statements = policy["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == ["secretsmanager:GetSecretValue"]


# How it begins and ends.


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """A folder for the temporary files of a run, which makes its processes known."""
    if sys.platform != "linux":
        pytest.skip("looks for processes in /proc")
    yield tmp_path
    assert processes_below(tmp_path) == []


@pytest.fixture
def start(temporary: Path) -> Iterator[Start]:
    """Starts runs that end with the test, even if it fails half-way."""
    runs: list[LocalProcess] = []

    def start_one(*arguments: str, **env: str) -> LocalProcess:
        runs.append(LocalProcess.start(*arguments, env={"TMPDIR": str(temporary)} | env))
        return runs[-1]

    yield start_one
    for run in runs:
        if run.process.poll() is None:
            run.end(signal.SIGTERM)


def test_a_second_one_runs_beside_the_first_and_ends_on_sigterm(
    gateway: Gateway, temporary: Path, start: Start
) -> None:
    run = start("--port", "0", "--bucket", "other")
    url = run.value("ready")
    assert url != gateway.url
    assert request(f"{url}/x").status == request(f"{gateway.url}/x").status == 404
    assert len(processes_below(temporary)) > 1
    assert run.end(signal.SIGTERM) == 0
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_ends_it_cleanly(
    temporary: Path, start: Start, number: int
) -> None:
    run = start("--port", "0")
    run.wait_for("building.*")
    assert run.end(number) == 0
    assert list(temporary.iterdir()) == []


def test_max_seconds_ends_it_while_it_starts(temporary: Path, start: Start) -> None:
    run = start("--port", "0", "--max-seconds", "1")
    assert run.wait() == 0
    assert list(temporary.iterdir()) == []


def test_a_taken_port_is_one_line_and_status_1(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start("--port", str(port))
        assert run.wait() == 1
    assert run.lines == [
        f"Error: cannot listen on 127.0.0.1:{port}: address already in use; try --port"
    ]


def test_without_uv_it_says_so_and_leaves_nothing(temporary: Path, start: Start) -> None:
    run = start("--port", "0", PATH=os.defpath, UV="")
    assert run.wait() == 1
    assert run.lines[-1].startswith("Error: uv is not on PATH")
    assert list(temporary.iterdir()) == []


def test_a_failed_start_keeps_its_log_and_nothing_else(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    root = temporary / "no-lock-file"
    root.mkdir()
    (root / "template.yaml").write_text("{}")
    options = Options(root, "127.0.0.1", 0, "demo", KeyPair("ak", "sk"))

    async def start() -> None:
        async with rig(options, lambda _: None):
            pass

    with pytest.raises(StartError) as caught:
        asyncio.run(start())
    shutil.rmtree(root)
    [state] = temporary.iterdir()
    assert list(state.iterdir()) == [caught.value.log]
