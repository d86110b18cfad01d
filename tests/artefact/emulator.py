"""AWS's own runtime interface emulator and client around one built function.

The emulator is the binary that SAM CLI ships for `sam local`; it needs Linux and no container.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.artefact import runtime_python
from tests.artefact.built import BuiltFunction, architecture_here

_PATH = "/2015-03-31/functions/function/invocations"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class EmulatedFunction:
    """A running emulator; one invocation at a time, as in one execution environment."""

    url: str
    log: Path

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """The function's answer, or the error object that Lambda makes of what it raised."""
        request = urllib.request.Request(self.url + _PATH, json.dumps(event).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:  # the function could not even be imported
            with error:
                return json.loads(error.read())


@contextmanager
def running(
    function: BuiltFunction,
    environment: Mapping[str, str],
    log: Path,
    module: Sequence[str] = ("-m", "awslambdaric"),
) -> Iterator[EmulatedFunction]:
    """Start a fresh environment, which imports the function when it is first invoked.

    `module` is what the interpreter runs; a benchmark has a bootstrap of its own around the client.
    """
    front, api = _free_port(), _free_port()
    command = [
        str(_executable()),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{front}"),
        *("--runtime-api-address", f"127.0.0.1:{api}"),
        *(str(runtime_python.make()), *module, function.handler),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=function.code,
            env=_lambda_environment(function) | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the emulator leaves the runtime as an orphan
        )
    try:
        _wait_for(front, process)
        yield EmulatedFunction(f"http://127.0.0.1:{front}", log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _executable() -> Path:
    spec = importlib.util.find_spec("samcli")
    assert spec is not None
    assert spec.origin is not None
    name = f"aws-lambda-rie-{architecture_here()}"
    binary = Path(spec.origin).parent / "local" / "rapid" / name
    if not os.access(binary, os.X_OK):  # wheels do not keep the mode everywhere
        binary.chmod(0o755)
    return binary


def _lambda_environment(function: BuiltFunction) -> dict[str, str]:
    """Nothing of this process's environment; no bytecode is written, as on Lambda's own disk."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": function.python_path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_seconds),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
    }


def is_possible() -> bool:
    """Whether the emulator runs on this machine."""
    return platform.system() == "Linux"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise RuntimeError("the runtime emulator does not start")
