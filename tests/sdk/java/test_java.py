"""The official Java SDK: uploads, callbacks and management, in JUnit's tests beside this file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.e2e.conftest import Gateway
from tests.sdk import conformance, native
from tests.sdk.native import Outcome, Outcomes

pytestmark = pytest.mark.sdk

FOLDER = Path(__file__).parent
REPORTS = FOLDER / "target/surefire-reports"
NAMES = native.names(FOLDER / "src/test", "*Test.java", r"@Test\s+public void (\w+)\(\)")


@pytest.fixture(scope="module")
def outcomes(gateway: Gateway) -> Outcomes:
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    done = native.run([native.program("mvn"), "-q", "-B", "test"], FOLDER, gateway)
    found = {}
    for report in REPORTS.glob("TEST-*.xml"):
        for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314
            bad = [*case.iter("failure"), *case.iter("error"), *case.iter("skipped")]
            said = "".join(f"{tag.get('message')}\n{tag.text}" for tag in bad)
            found[case.attrib["name"]] = Outcome(not bad, said)
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("name", NAMES)
def test_java_sdk(outcomes: Outcomes, name: str) -> None:
    native.check(outcomes, name)
    conformance.passed("Java", version(), native.sentence(name))


def version() -> str:
    """What the build pins."""
    found = re.search(r"<qiniu.version>(\S+)</", (FOLDER / "pom.xml").read_text())
    assert found is not None
    return found[1]
