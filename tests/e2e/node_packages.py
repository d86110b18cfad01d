"""The official JavaScript SDKs, installed from the lock file beside them."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "node"


@cache
def _install() -> str | None:
    """What is missing, or None when the packages are there."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node and npm are not installed: tests/system_packages.sh"
    installed = FOLDER / "node_modules" / ".package-lock.json"
    lock = FOLDER / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(
            [npm, "ci", "--ignore-scripts", "--silent"], cwd=FOLDER, check=True, timeout=300
        )
    return None


def folder() -> Path:
    """The folder with `node_modules`; skips the test where there is no node."""
    missing = _install()
    if missing:
        pytest.skip(missing)
    return FOLDER


def node() -> str:
    """The interpreter that `folder` has found."""
    found = shutil.which("node")
    assert found is not None
    return found
