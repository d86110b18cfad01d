"""The environment of a process that runs functions as Lambda does: its runtime, our layers."""

from __future__ import annotations

import os
from pathlib import Path

from bench import function_environment
from tests.artefact import built, runtime_python
from tests.artefact.built import ROOT


def make() -> Path:
    """An interpreter with what Lambda's runtime holds, and none of the developers' tools."""
    return runtime_python.make()


def environment(**variables: str) -> dict[str, str]:
    """The function's environment; `functions.<name>.app` comes from this tree, layers as built."""
    functions = built.build(built.architecture_here())
    folders = functions["UploadFunction"].python_folders
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *folders))),
        "POWERTOOLS_SERVICE_NAME": "upgate",
        **function_environment.VARIABLES,
        **variables,
    }
