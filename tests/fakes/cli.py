"""Runs the command line inside the test's own process, with nothing of the user's environment."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import upload_gateway
from upgate_cli.main import main


@dataclass(frozen=True, slots=True)
class Result:
    """Exit status and what was printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on the last line of standard output."""
        return json.loads(self.out.splitlines()[-1])


class Cli:
    """`cli("upload", "a.txt")`; keys, bucket and state directory are set, the URL if given."""

    def __init__(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        folder: Path,
        url: str = "",
    ) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        for name in [name for name in os.environ if name.startswith(("UPGATE_", "AWS_"))]:
            monkeypatch.delenv(name)
        for name, value in environment(folder, url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("upgate_cli.gateway.retries._FIRST_WAIT_SECONDS", 0.001)

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Result:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.main([str(argument) for argument in arguments], prog_name="upgate")
        captured = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, captured.out, captured.err)


def environment(folder: Path, url: str = "") -> Mapping[str, str]:
    """Variables for a process that talks to the fake gateway."""
    return {
        "UPGATE_STATE_DIR": str(folder / "state"),
        "UPGATE_ACCESS_KEY": upload_gateway.PAIR.access_key,
        "UPGATE_SECRET_KEY": upload_gateway.PAIR.secret_key,
        "UPGATE_BUCKET": upload_gateway.BUCKET,
        "UPGATE_DEBUG": "1",
        "NO_PROXY": "127.0.0.1",
    } | ({"UPGATE_URL": url} if url else {})
