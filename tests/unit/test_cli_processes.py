"""Child processes end with the block that started them, their own children too."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from upgate_cli.local import processes

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() and sys.argv[1] == "leader obeys":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
print("up", flush=True)
time.sleep(60)
"""


def wait_for_lines(log: Path, count: int) -> None:
    deadline = time.monotonic() + 10
    while log.read_text().count("up") < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(group: int) -> bool:
    for _ in range(500):  # the system takes a moment to collect an orphan
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_output_goes_to_the_log_and_the_status_comes_back(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import sys; print('said'); sys.exit(3)"]
    status = asyncio.run(processes.run(command, env=os.environ, cwd=tmp_path, log=log))
    assert (status, log.read_text()) == (3, "said\n")


@pytest.mark.parametrize("leader", ["leader obeys", "leader ignores it too"])
def test_grandchild_that_ignores_sigterm_is_gone_after_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leader: str
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    log = tmp_path / "log"

    async def leave_early() -> int:
        command = [sys.executable, "-c", STUBBORN, leader]
        async with processes.running(command, env=os.environ, cwd=tmp_path, log=log) as process:
            await asyncio.to_thread(wait_for_lines, log, 2)
            return process.pid

    group = asyncio.run(leave_early())
    assert is_gone(group)
