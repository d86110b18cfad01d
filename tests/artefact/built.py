"""The built artefact: what `sam build` makes of template.yaml, for either processor."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
_HERE = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class BuiltFunction:
    """A function's folders: its own becomes /var/task, each layer's is unzipped into /opt."""

    name: str
    handler: str
    timeout_seconds: int
    memory_megabytes: int
    code: Path
    layers: tuple[Path, ...]

    @property
    def python_path(self) -> str:
        """As Lambda searches: the function, then /opt/python."""
        return os.pathsep.join(str(path) for path in (self.code, *self.python_folders))

    @property
    def python_folders(self) -> tuple[Path, ...]:
        """What of the layers Lambda puts on the module search path."""
        return tuple(layer / "python" for layer in self.layers)


@cache
def build(architecture: str) -> dict[str, BuiltFunction]:
    """Run `sam build` once per session; functions by logical id.

    SAM's own cache, kept under .upgate, makes a repetition without a change quick.
    """
    folder = ROOT / ".upgate" / "artefact" / architecture
    subprocess.run(
        [
            *(Path(sys.executable).with_name("sam"), "build", "--cached"),
            *("--build-dir", folder / "out", "--cache-dir", folder / "cache"),
            *("--parameter-overrides", f"Architecture={architecture}"),
        ],
        cwd=ROOT,
        env=_environment(),
        check=True,
        capture_output=True,
        timeout=600,
    )
    return _functions(folder / "out" / "template.yaml")


def architecture_here() -> str:
    """This machine's processor as the template names it."""
    return _HERE[platform.machine().lower()]


def _environment() -> dict[str, str]:
    # sam and make look for a python3.13 with pip, first of all on PATH: that is this one.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return dict(os.environ) | {
        "PATH": path,
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _functions(path: Path) -> dict[str, BuiltFunction]:
    template: dict[str, Any] = yaml_parse(path.read_text())
    resources = template["Resources"]
    shared = template["Globals"]["Function"]
    return {
        name: _function(name, resource["Properties"], shared, resources, path.parent)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _function(
    name: str,
    properties: dict[str, Any],
    shared: dict[str, Any],
    resources: dict[str, Any],
    folder: Path,
) -> BuiltFunction:
    layers = [*shared.get("Layers", ()), *properties.get("Layers", ())]
    merged = shared | properties
    return BuiltFunction(
        name=name,
        handler=merged["Handler"],
        timeout_seconds=merged["Timeout"],
        memory_megabytes=merged["MemorySize"],
        code=folder / properties["CodeUri"],
        layers=tuple(
            folder / resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in layers
        ),
    )
