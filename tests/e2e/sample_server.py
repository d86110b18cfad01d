"""examples/business_server as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
_END_SECONDS = 10.0


@contextmanager
def running(env: Mapping[str, str], folder: Path, *arguments: str) -> Iterator[str]:
    """Serve on a free port until the block ends; gives the origin. The database is in `folder`."""
    with (folder / "business.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "business_server", "--port", "0", *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(EXAMPLES)} | dict(env),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready "), (folder / "business.log").read_text()
            yield line.split()[1]
        finally:
            process.terminate()
            process.wait(_END_SECONDS)
            assert process.stdout is not None
            process.stdout.close()
