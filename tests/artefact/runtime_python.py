"""A virtual environment with what Lambda's Python runtime holds of its own, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.artefact.built import ROOT

_PACKAGES = ("awslambdaric", "boto3", "botocore")


def make() -> Path:
    """The interpreter; made once per set of versions, with the bytecode that Lambda's has."""
    wanted = [f"{name}=={version(name)}" for name in _PACKAGES]
    folder = ROOT / ".upgate" / "runtime" / "-".join(wanted)
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        uv = os.environ.get("UV") or shutil.which("uv") or "uv"
        _run(uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "-q", "--compile-bytecode", "-p", str(python), *wanted)
        (folder / "complete").touch()
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
