"""Starts and ends ministack, the AWS emulator that runs the functions (local.md 6)."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from upgate_cli.local import cloud, processes
from upgate_cli.local.errors import StartError

START_SECONDS = 120.0  # the first start may have to download it
HEALTH_SECONDS = 2.0
WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Emulator:
    """An emulator that runs: its address and its log."""

    endpoint: str
    log: Path
    process: processes.Process

    async def ended(self) -> StartError:
        """Wait until it ends of its own accord, which it should not; return the complaint."""
        status = await processes.exit_status(self.process, every=WATCH_SECONDS)
        return StartError(f"the emulator ended with exit status {status}", self.log)


@asynccontextmanager
async def emulator(root: Path, state: Path) -> AsyncIterator[Emulator]:
    """Run the emulator for as long as the block lasts.

    `root` holds the lock file that pins it. It keeps everything in memory and under `state`.

    Raises:
        StartError: uv is missing, or the emulator ends or stays silent.
    """
    log = state / "emulator.log"
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    env = cloud.clean_environment(os.environ, state) | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": cloud.REGION,
        "MINISTACK_ACCOUNT_ID": cloud.ACCOUNT,
        "AUTH": "true",  # or the template's policies would not be enforced
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    # --only-group leaves the project out: functions see the layer that was built, never the tree.
    # -P, or the modules beside the file would stand in the way of others.
    command = [_uv(), "run", "--isolated", "--locked", "--only-group", "local", "python", "-P"]
    command.append(str(Path(__file__).with_name("emulator_main.py")))
    async with processes.running(command, env=env, cwd=root, log=log) as process:
        await _wait_until_healthy(endpoint, process, log)
        yield Emulator(endpoint, log, process)


def _uv() -> str:
    found = os.environ.get("UV") or shutil.which("uv")
    if not found:
        raise StartError("uv is not on PATH: start with `make local` or `uv run upgate local`")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _wait_until_healthy(endpoint: str, process: processes.Process, log: Path) -> None:
    timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
    try:
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession(timeout=timeout) as http:
            while not await _is_healthy(http, endpoint):
                if (status := process.poll()) is not None:
                    raise StartError(f"the emulator ended with exit status {status}", log)
                await asyncio.sleep(processes.POLL_SECONDS)
    except TimeoutError as error:
        raise StartError(f"the emulator is silent after {START_SECONDS:.0f} s", log) from error


async def _is_healthy(http: aiohttp.ClientSession, endpoint: str) -> bool:
    try:
        async with http.get(f"{endpoint}/_ministack/health") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
