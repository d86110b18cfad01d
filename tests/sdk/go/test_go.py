"""The official Go SDK: `storage` and `storagev2`, in Go's own tests beside this file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Gateway
from tests.sdk import conformance, native
from tests.sdk.native import Outcome, Outcomes

pytestmark = pytest.mark.sdk

FOLDER = Path(__file__).parent
NAMES = native.names(FOLDER, "*_test.go", r"^func Test(\w+)\(t \*testing\.T\)")


@pytest.fixture(scope="module")
def outcomes(gateway: Gateway) -> Outcomes:
    command = [native.program("go"), "test", "-json", "-count=1", "-timeout=9m", "."]
    done = native.run(command, FOLDER, gateway, GOFLAGS="-mod=readonly", GOTOOLCHAIN="local")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {}
    for event in events:
        name = event.get("Test", "").removeprefix("Test")
        if name in NAMES and event["Action"] in ("pass", "fail", "skip"):
            said = [e["Output"] for e in events if e.get("Test") == f"Test{name}" and "Output" in e]
            found[name] = Outcome(event["Action"] == "pass", "".join(said))
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("name", NAMES)
def test_go_sdk(outcomes: Outcomes, name: str) -> None:
    native.check(outcomes, name)
    conformance.passed("Go", version(), native.sentence(name))


def version() -> str:
    """What the lock file pins."""
    found = re.search(r"qiniu/go-sdk/v7 v(\S+)", (FOLDER / "go.mod").read_text())
    assert found is not None
    return found[1]
