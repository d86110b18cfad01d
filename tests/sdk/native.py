"""Test programs in the SDKs' own languages: each test in them is a test here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Gateway

SECONDS = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one native test ended."""

    passed: bool
    output: str


type Outcomes = Mapping[str, Outcome]


def program(name: str) -> str:
    """The path of a toolchain's program; skips the test where there is none (never in CI)."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: tests/system_packages.sh")
    return found


def names(folder: Path, pattern: str, test: str) -> list[str]:
    """The native tests that stand in a folder's sources; `test` has a group for the name."""
    sources = sorted(folder.rglob(pattern))
    assert sources, f"no {pattern} in {folder}"
    found = [name for path in sources for name in re.findall(test, path.read_text(), re.M)]
    assert len(set(found)) == len(found), "two tests of one name"
    return found


def run(
    command: Sequence[str], folder: Path, gateway: Gateway, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a test program against a gateway; whether it passed is in what it reports."""
    pointed = {
        "UPGATE_URL": gateway.url,
        "UPGATE_ACCESS_KEY": gateway.access_key,
        "UPGATE_SECRET_KEY": gateway.secret_key,
        "UPGATE_BUCKET": gateway.bucket,
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | pointed | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def check(outcomes: Outcomes, name: str) -> None:
    """Fail as the native test failed, or because it did not run."""
    outcome = outcomes.get(name)
    assert outcome is not None, f"{name} did not run; these did: {', '.join(outcomes)}"
    assert outcome.passed, outcome.output


def sentence(name: str) -> str:
    """`FormStoresBytes`, or `formStoresBytes`, as words."""
    words = re.findall(r"V\d|Base64|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)
    return " ".join(word.lower() for word in words)
