"""What the build of a layer says to a machine that cannot build it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = Path(__file__).resolve().parents[2] / "layers"


def make(architecture: str, path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The call that `sam build` makes, with the programs that are in the folder `path`."""
    program = shutil.which("make")
    assert program is not None
    return subprocess.run(
        [program, "--makefile", LAYERS / "make" / architecture / "Makefile", "build-UpgateLayer"],
        cwd=LAYERS,
        env={"PATH": str(path), "ARTIFACTS_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_without_python_3_13_the_build_says_what_is_missing(
    architecture: str, tmp_path: Path
) -> None:
    done = make(architecture, tmp_path, tmp_path)
    assert done.returncode != 0
    assert "Python 3.13 is not on PATH" in done.stderr


def test_another_python_under_the_right_name_is_not_taken(tmp_path: Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert "Python 3.13 is not on PATH" in make("arm64", tmp_path, tmp_path).stderr


def test_python_without_pip_is_named(tmp_path: Path) -> None:
    script = LAYERS / "make" / "build_layer.py"
    done = subprocess.run(
        [sys.executable, "-S", script, "upgate", "arm64", tmp_path],
        cwd=LAYERS,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"{sys.executable} has no pip" in done.stderr
    assert list(tmp_path.iterdir()) == []
