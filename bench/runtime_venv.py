"""A virtual environment with what Lambda and the layer hold, and none of the developers' tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import function_environment

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".upgate" / "bench-venv"
PYTHON = FOLDER / "bin" / "python"


def make() -> Path:
    """The interpreter; made once, with `.pyc` files as a built layer has them."""
    if not PYTHON.exists():
        uv = os.environ.get("UV") or shutil.which("uv") or "uv"
        _run(uv, "venv", "-q", "--python", sys.executable, str(FOLDER))
        install = (uv, "pip", "install", "-q", "-p", str(PYTHON))
        _run(*install, "awslambdaric==4.2.2", "boto3")
        _run(*install, "-r", str(ROOT / "layers" / "upgate" / "requirements.txt"))
        _run(str(PYTHON), "-m", "compileall", "-q", str(FOLDER))
    return PYTHON


def environment(**variables: str) -> dict[str, str]:
    """The function's environment, with our packages where the layer would be."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "upgate"))),
        "POWERTOOLS_SERVICE_NAME": "upgate",
        **function_environment.VARIABLES,
        **variables,
    }


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
