"""How the tests run: property tests the same for everyone, and nothing skipped in CI.

Where a program is missing in CI, the set-up is at fault.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# A run is the same on every machine, so that a fault is met by whoever makes it: `make test` tries
# what CI tries. `make fuzz TARGET=properties` looks for inputs that nobody has tried yet.
settings.load_profile("ci")
settings.register_profile(
    "search", settings.get_profile("default"), max_examples=500, deadline=None, print_blob=True
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI skips nothing: {report.longrepr}"
    return report
