"""The command line on a real tree: `uv run python -m bench.cli_sync [--large GIB]`.

`upgate local` takes 1,000 small files through `upgate sync`, and then the same again, which must
send nothing; with --large also one file of so many GiB, twice. Figures are of the command as a
process: its own start, its processor time and its peak memory. The emulator behind the gateway
takes about 50 ms for each invocation, so the rates are the gateway's on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.cli_process import UPGATE, clean_environment
from tests.e2e.local_process import LocalProcess

FILES = 1_000
FILE_BYTES = (200, 20_000)
CHUNK_BYTES = 1024 * 1024
MOST_MEGABYTES = 130


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command: what it said, and what it took."""

    document: Any
    seconds: float
    processor_seconds: float
    megabytes: float


def make_tree(root: Path) -> int:
    """1,000 files in 20 folders; their bytes in all. The same every time."""
    numbers = random.Random(7)  # noqa: S311 - the same bytes every time
    total = 0
    for number in range(FILES):
        path = root / f"{number % 20:02}" / f"{number:04}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(numbers.randbytes(numbers.randint(*FILE_BYTES)))
        total += path.stat().st_size
    return total


def make_large(path: Path, gibibytes: float) -> int:
    """A file without two blocks that are alike."""
    numbers = random.Random(8)  # noqa: S311 - the same bytes every time
    chunk = numbers.randbytes(CHUNK_BYTES)
    with path.open("wb") as file:
        for number in range(int(gibibytes * 1024)):
            file.write(number.to_bytes(8) + chunk[8:])
        return file.tell()


def run(env: dict[str, str], *arguments: str) -> Run:
    """Run the command to its end; it has to succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [UPGATE, *arguments, "--json"], env=clean_environment(env), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"upgate {arguments[0]} ended with {process.returncode}: {out.decode()}")
    return Run(
        json.loads(out.splitlines()[-1]),
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


@contextmanager
def local_gateway(state: Path) -> Iterator[dict[str, str]]:
    """`upgate local` for as long as the block lasts; the environment that leads to it."""
    process = LocalProcess.start(
        *("--port", "0", "--bucket", "demo", "--access-key", "bench", "--secret-key", "bench")
    )
    try:
        yield {
            "UPGATE_URL": process.value("ready"),
            "UPGATE_ACCESS_KEY": "bench",
            "UPGATE_SECRET_KEY": "bench",
            "UPGATE_BUCKET": "demo",
            "UPGATE_STATE_DIR": str(state),
        }
    finally:
        process.end(signal.SIGTERM)


def report(name: str, found: Run, sent: int) -> None:
    """One line of the table."""
    rate = sent / found.seconds / 1e6
    print(
        f"{name:26} {found.seconds:8.2f} {found.processor_seconds:8.2f} "
        f"{sent / 1e6:9.1f} {rate:8.1f} {found.megabytes:8.0f}"
    )
    assert found.megabytes < MOST_MEGABYTES, "memory grows with the file"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=float, metavar="GIB", help="also a file of so many GiB")
    parser.add_argument("--parallel", default="4", help="requests at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, local_gateway(Path(name) / "state") as env:
        folder = Path(name)
        total = make_tree(folder / "tree")
        print(f"{FILES} files, {total / 1e6:.1f} MB; {options.parallel} requests at once")
        print(
            f"{'run':26} {'s':>8} {'cpu s':>8} {'MB sent':>9} {'MB/s':>8} {'peak MB':>8}",
        )
        sync = ("sync", str(folder / "tree"), "demo:bench/", "--parallel", options.parallel)
        first = run(env, *sync)
        assert first.document["uploaded"] == FILES, first.document
        report(f"sync, {FILES / first.seconds:.0f} files/s", first, total)
        second = run(env, *sync)
        assert second.document == {"uploaded": 0, "skipped": FILES, "deleted": 0, "failed": 0}
        report("sync again, sends nothing", second, 0)
        if options.large:
            (folder / "big").mkdir()
            size = make_large(folder / "big" / "large.bin", options.large)
            sync = ("sync", str(folder / "big"), "demo:big/", "--parallel", options.parallel)
            report(f"sync of {options.large:g} GiB", run(env, *sync), size)
            report("sync again, sends nothing", run(env, *sync), 0)


if __name__ == "__main__":
    main()
