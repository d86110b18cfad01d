"""Child processes that leave nobody behind: each leads a session of its own and ends with it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

POLL_SECONDS = 0.02
GRACE_SECONDS = 5.0

type Process = subprocess.Popen[bytes]


@asynccontextmanager
async def running(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
) -> AsyncIterator[Process]:
    """Run `command` until the block is left, then end it and all that it started.

    Its output goes to the end of `log`. A session of its own keeps the terminal's Ctrl-C from it:
    who ends when, and in which order, is decided here.
    """
    with log.open("ab") as output:
        # Popen, not asyncio's: nothing can be cancelled between the fork and knowing its id.
        process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await _end(process)


async def exit_status(process: Process, *, every: float = POLL_SECONDS) -> int:
    """Wait for the end of a process, looking `every` so many seconds."""
    while (status := process.poll()) is None:
        await asyncio.sleep(every)
    return status


async def run(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> int:
    """Run a command to its end and return its exit status."""
    async with running(command, env=env, cwd=cwd, log=log) as process:
        return await exit_status(process)


async def _end(process: Process) -> None:
    """Ask the group to end and insist after a while; whoever outlives the leader ends with it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            await exit_status(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await exit_status(process)
