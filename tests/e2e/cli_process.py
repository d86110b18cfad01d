"""The installed `upgate` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UPGATE = str(Path(sys.executable).with_name("upgate"))
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is over."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on the last line of standard output."""
        return json.loads(self.out.splitlines()[-1])


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The test's environment without what a user may have set for the command line."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPGATE_")}
    return kept | dict(variables)


def run(*arguments: str | Path, env: Mapping[str, str], stdin: str = "") -> Done:
    """Run it to its end."""
    done = subprocess.run(
        [UPGATE, *map(str, arguments)],
        env=clean_environment(env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def start(*arguments: str | Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start it; its output can be read when it ends."""
    return subprocess.Popen(
        [UPGATE, *map(str, arguments)],
        env=clean_environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
