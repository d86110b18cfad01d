"""The command line, and the gateway in memory that it talks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import upload_gateway
from tests.fakes.cli import Cli
from tests.fakes.upload_gateway import UploadGateway


@pytest.fixture
def gateway() -> Iterator[UploadGateway]:
    with upload_gateway.serve() as running:
        yield running


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    gateway: UploadGateway,
) -> Cli:
    return Cli(capsys, monkeypatch, tmp_path, gateway.url)
