"""The command line as a process: killed, interrupted, watching, and how much memory it takes.

The gateway is one in memory: these are about the client.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e import cli_process
from tests.fakes import cli as fake_cli
from tests.fakes import upload_gateway
from tests.fakes.loopback import Received
from tests.fakes.upload_gateway import UploadGateway

pytestmark = pytest.mark.e2e

MIB = 1024 * 1024
PARTS = 16


@pytest.fixture
def gateway() -> Iterator[UploadGateway]:
    with upload_gateway.serve() as running:
        yield running


@pytest.fixture
def env(gateway: UploadGateway, tmp_path: Path) -> dict[str, str]:
    return dict(fake_cli.environment(tmp_path, gateway.url))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(b"".join(bytes([n]) * 4 * MIB for n in range(PARTS)))
    return path


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def slow_parts(gateway: UploadGateway, after: int) -> threading.Event:
    """Let so many parts through and hold up the others; the event lets them go."""
    go_on = threading.Event()

    def interfere(request: Received) -> None:
        if request.method == "PUT" and gateway.requests["part"] > after:
            go_on.wait(30)

    gateway.interfere = interfere
    return go_on


def hold_forms(gateway: UploadGateway) -> threading.Event:
    """Hold up all uploads in one request from now on; the event lets them go."""
    go_on = threading.Event()

    def interfere(request: Received) -> None:
        if request.method == "POST" and request.path == "/":
            go_on.wait(30)

    gateway.interfere = interfere
    return go_on


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_upload_goes_on_where_it_was(
    gateway: UploadGateway, env: dict[str, str], large: Path, number: int
) -> None:
    go_on = slow_parts(gateway, after=8)
    process = cli_process.start("upload", large, env=env)
    until(lambda: gateway.requests["part"] >= 10)
    process.send_signal(number)
    process.communicate(timeout=20)
    go_on.set()
    sent = gateway.requests["part"]
    done = cli_process.run("upload", large, "--json", env=env)
    assert (done.status, done.err) == (0, "")
    assert gateway.objects["large.bin"] == large.read_bytes()
    assert gateway.requests["initiate"] == 1
    # Those that were under way may have to go again, no others.
    assert gateway.requests["part"] - sent <= PARTS - 8 + 4


def test_ctrl_c_ends_it_at_once_with_130_and_no_traceback(
    gateway: UploadGateway, env: dict[str, str], large: Path
) -> None:
    go_on = slow_parts(gateway, after=4)
    process = cli_process.start("upload", large, env=env)
    until(lambda: gateway.requests["part"] >= 6)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    go_on.set()
    assert (process.returncode, out, err.strip()) == (130, "", "")
    assert time.monotonic() - started < 5
    assert gateway.requests["complete"] == 0


def test_ctrl_c_in_a_sync_still_prints_the_counts(
    gateway: UploadGateway, env: dict[str, str], large: Path
) -> None:
    tree = large.parent / "tree"
    tree.mkdir()
    (tree / "a.txt").write_text("a")
    large.rename(tree / "large.bin")
    go_on = slow_parts(gateway, after=4)
    process = cli_process.start("sync", tree, "demo", "--json", env=env)
    until(lambda: gateway.requests["part"] >= 6)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    go_on.set()
    assert (process.returncode, err.strip()) == (130, "")
    assert out == '{"uploaded": 1, "skipped": 0, "deleted": 0, "failed": 0}\n'


def test_memory_does_not_grow_with_the_file(
    gateway: UploadGateway, env: dict[str, str], tmp_path: Path
) -> None:
    def peak_megabytes(megabytes: int) -> float:
        path = tmp_path / f"{megabytes}.bin"
        with path.open("wb") as file:
            file.truncate(megabytes * MIB)
        program = (
            "import resource, sys, subprocess;"
            "code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL);"
            "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, cli_process.UPGATE, "upload", str(path)],
            env=cli_process.clean_environment(env),
            capture_output=True,
            text=True,
            check=True,
        )
        code, peak = done.stdout.split()
        assert code == "0", done.stderr
        return int(peak) / 1024

    small, big = peak_megabytes(32), peak_megabytes(256)
    assert big < small + 16
    assert big < 130


# Watching.


@pytest.fixture
def settle() -> str:
    return "0.3"


@pytest.fixture
def watching(
    gateway: UploadGateway, env: dict[str, str], tmp_path: Path, settle: str
) -> Iterator[subprocess.Popen[str]]:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "before.txt").write_text("before")
    process = cli_process.start("watch", root, "demo:w/", "--settle", settle, "--json", env=env)
    until(lambda: "w/before.txt" in gateway.objects)
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_new_and_changed_files_are_sent_as_they_appear(
    gateway: UploadGateway, watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    root = tmp_path / "tree"
    (root / "sub").mkdir()
    (root / "sub" / "new.txt").write_text("new")
    until(lambda: gateway.objects.get("w/sub/new.txt") == b"new")
    (root / "before.txt").write_text("after")
    until(lambda: gateway.objects["w/before.txt"] == b"after")
    # The gateway has it before the client has its answer; with the next request it has.
    go_on = hold_forms(gateway)
    (root / "last.txt").write_text("last")
    until(lambda: gateway.requests["form"] == 4)
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=20)
    go_on.set()
    assert (watching.returncode, err.strip()) == (130, "")
    assert out == '{"uploaded": 3, "skipped": 0, "deleted": 0, "failed": 0}\n'


@pytest.mark.parametrize("settle", ["1.5"])  # a busy machine may stop the writer for a while
def test_a_file_that_is_being_written_is_waited_for(
    gateway: UploadGateway, watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    with (tmp_path / "tree" / "slow.bin").open("wb") as file:
        for _ in range(8):
            file.write(b"x" * 1000)
            file.flush()
            time.sleep(0.1)
            assert "w/slow.bin" not in gateway.objects
    until(lambda: "w/slow.bin" in gateway.objects)
    assert len(gateway.objects["w/slow.bin"]) == 8000


def test_a_folder_that_is_moved_in_comes_with_its_files(
    gateway: UploadGateway, watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("a")
    outside.rename(tmp_path / "tree" / "inside")
    until(lambda: "w/inside/a.txt" in gateway.objects)


def test_a_name_that_is_no_text_does_not_end_the_watch(
    gateway: UploadGateway, watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    root = tmp_path / "tree"
    (root / os.fsdecode(b"\xff\xfe")).write_text("x")
    (root / "beside.txt").write_text("x")
    until(lambda: "w/beside.txt" in gateway.objects)
    (root / "later.txt").write_text("x")
    until(lambda: "w/later.txt" in gateway.objects)
    watching.send_signal(signal.SIGINT)
    assert "the name is not UTF-8" in watching.communicate(timeout=20)[1]


def test_a_folder_that_vanishes_ends_the_watch_with_one_document(
    watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "tree")
    out, err = watching.communicate(timeout=20)
    assert (watching.returncode, len(err.splitlines())) == (1, 1)
    assert out == '{"uploaded": 1, "skipped": 0, "deleted": 0, "failed": 1}\n'


def test_ignored_files_are_not_sent(
    gateway: UploadGateway, watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    root = tmp_path / "tree"
    (root / ".upgateignore").write_text("*.tmp\n")
    time.sleep(0.5)
    (root / "a.tmp").write_text("x")
    (root / "b.txt").write_text("x")
    until(lambda: "w/b.txt" in gateway.objects)
    time.sleep(0.5)
    assert "w/a.tmp" not in gateway.objects


def test_sigterm_ends_it_too(watching: subprocess.Popen[str]) -> None:
    watching.send_signal(signal.SIGTERM)
    watching.communicate(timeout=20)
    assert watching.returncode == 130
