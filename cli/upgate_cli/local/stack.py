"""Builds template.yaml and deploys it to the emulator with the real SAM CLI."""

from __future__ import annotations

import asyncio
import fcntl
import os
import platform
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upgate_cli.local import cloud, light_layer, processes
from upgate_cli.local.errors import StartError

STACK_NAME = "upgate"
ARTIFACT_BUCKET = "upgate-artifacts"
_LOCK_POLL_SECONDS = 0.1
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Stack:
    """What stands after a deploy: physical ids by logical id, and the template as transformed.

    `parameters` are those that were given; the others have the template's defaults.
    """

    resources: Mapping[str, str]
    template: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)


def architecture() -> str:
    """This machine's processor as the template names it: the wheels have to run here."""
    machine = platform.machine().lower()
    try:
        return _ARCHITECTURES[machine]
    except KeyError:
        raise StartError(f"no Lambda architecture matches this machine's {machine}") from None


async def build(root: Path, state: Path) -> Path:
    """Run `sam build` and return the built template.

    The build folder and its cache stay under .upgate/ for the next start; a lock lets several rigs
    start at once, and each deploys a copy of its own.

    Raises:
        StartError: SAM CLI is missing or failed.
    """
    cache = root / ".upgate" / "build" / architecture()
    cache.mkdir(parents=True, exist_ok=True)
    template = light_layer.write_template(root, state)
    async with _locked(cache / "lock"):
        await _sam(
            root,
            state,
            {},
            *("build", "--cached", "--cache-dir", str(cache / "cache")),
            *("--build-dir", str(cache / "out"), "--template-file", str(template)),
            *("--base-dir", str(root)),
            *("--config-file", str(_no_configuration(state))),
            *("--parameter-overrides", f"Architecture={architecture()}"),
        )
        # Not in a thread: one cannot be cancelled, and would write into a folder being removed.
        shutil.copytree(cache / "out", state / "build")
    return state / "build" / "template.yaml"


async def deploy(
    root: Path, state: Path, endpoint: str, template: Path, parameters: Mapping[str, str]
) -> Stack:
    """Run `sam deploy` against the emulator and read back what came of it.

    Raises:
        StartError: SAM CLI failed.
    """
    # The emulator has no alarms over several metrics.
    overrides = {"Architecture": architecture(), "Alarms": "false"} | dict(parameters)
    await _sam(
        root,
        state,
        cloud.client_environment(endpoint) | {"SAM_CLI_POLL_DELAY": "0.1"},
        *("deploy", "--template-file", str(template), "--stack-name", STACK_NAME),
        *("--config-file", str(_no_configuration(state)), "--s3-bucket", ARTIFACT_BUCKET),
        *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in overrides.items())),
    )
    return await asyncio.to_thread(_describe, endpoint, overrides)


def create_artifact_bucket(endpoint: str) -> None:
    """Make the bucket that `sam deploy` uploads to; sparing it --resolve-s3 saves a stack."""
    cloud.session().client("s3", endpoint_url=endpoint).create_bucket(Bucket=ARTIFACT_BUCKET)


def _describe(endpoint: str, parameters: Mapping[str, str]) -> Stack:
    formation = cloud.session().client("cloudformation", endpoint_url=endpoint)
    resources = formation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    template = formation.get_template(StackName=STACK_NAME, TemplateStage="Processed")
    body: Any = template["TemplateBody"]  # a mapping, though the stubs say str
    physical = {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in resources}
    return Stack(physical, body, parameters)


def _no_configuration(state: Path) -> Path:
    """An empty samconfig: the user's own deploy settings are for the user's own account."""
    path = state / "samconfig.toml"
    path.write_text("version = 0.1\n")
    return path


async def _sam(root: Path, state: Path, env: Mapping[str, str], *arguments: str) -> None:
    # sam looks for a python3.13 that has pip, first of all on PATH: that is this one.
    here = Path(sys.executable).parent
    path = f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    sam = shutil.which("sam", path=path)
    if sam is None:
        raise StartError("SAM CLI is missing: run `uv sync` (it is in the group dev)")
    log = state / f"sam-{arguments[0]}.log"
    clean = cloud.clean_environment(os.environ, state)
    clean |= {"PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": cloud.REGION}
    status = await processes.run([sam, *arguments], env=clean | dict(env), cwd=root, log=log)
    if status:
        raise StartError(f"`sam {arguments[0]}` failed with exit status {status}", log)


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield
