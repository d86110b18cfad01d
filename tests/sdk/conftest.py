"""One gateway for all SDKs' own test programs, and the page of what they showed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import gateway  # noqa: F401  the same fixture, of this folder's own gateway
from tests.sdk import conformance


@pytest.fixture(scope="session", autouse=True)
def _page() -> Iterator[None]:
    """Hold docs/conformance.md to what passed; WRITE_TABLES=1 writes it instead."""
    shown: conformance.Shown = {}
    conformance.shown = shown
    yield
    if os.environ.get("WRITE_TABLES"):
        conformance.write(shown)
    else:
        conformance.check(shown)
