"""What each function's cold start costs: `uv run python -m bench.cold_start`.

From the built artefact, under AWS's own runtime emulator and client: the processor time that the
import of the handler's module takes on top of the client's own start, each in a fresh process. The
yardstick is the first line of most Lambda functions that use S3.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench import function_environment
from tests.artefact import built, emulator
from tests.artefact.built import BuiltFunction

ROUNDS = 11
MOST = 0.75
_UPLOAD = "UploadFunction"
_BOTOCORE_USER = "ResumableFunction"
_YARDSTICK = 'boto3.client("s3")'
_YARDSTICK_CODE = """
import boto3
boto3.client("s3")
def lambda_handler(event, _): pass
"""
_BOOTSTRAP = Path(__file__).with_name("timed_bootstrap.py")


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Medians in milliseconds, the processes taking turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        functions = _functions(folder)
        times: dict[str, list[float]] = {name: [] for name in functions}
        for round_number in range(rounds + 1):
            for name, function in functions.items():
                milliseconds = _start(function, folder)
                if round_number:  # the first run fills the disk's cache
                    times[name].append(milliseconds)
    return {name: statistics.median(values) for name, values in times.items()}


def _functions(folder: Path) -> Mapping[str, BuiltFunction]:
    functions = built.build(built.architecture_here())
    upload = functions[_UPLOAD]
    code = folder / "yardstick"
    code.mkdir()
    (code / "app.py").write_text(_YARDSTICK_CODE)
    return {
        _YARDSTICK: replace(upload, code=code, layers=()),
        **functions,
        f"{_UPLOAD}, no bytecode": _without(upload, "__pycache__", folder),
        f"{_BOTOCORE_USER}, runtime's botocore": _without(
            functions[_BOTOCORE_USER], "botocore", folder
        ),
    }


def _without(function: BuiltFunction, name: str, folder: Path) -> BuiltFunction:
    """The function with layers that lack every folder `name`: what was gained by shipping it."""
    copies = tuple(folder / f"without {name}" / layer.name for layer in function.layers)
    for layer, copy in zip(function.layers, copies, strict=True):
        shutil.copytree(layer, copy, ignore=shutil.ignore_patterns(name))
    return replace(function, layers=copies)


def _start(function: BuiltFunction, folder: Path) -> float:
    path = folder / "time"
    path.unlink(missing_ok=True)
    environment = function_environment.VARIABLES | {"BENCH_TIME": str(path)}
    with emulator.running(
        function, environment, folder / "log", module=(str(_BOOTSTRAP),)
    ) as running:
        running.invoke({})  # an event that is none: the start is all that counts
    return float(path.read_text())


def main() -> None:
    medians = measure()
    yardstick = medians[_YARDSTICK]
    print("cold start on top of the runtime client, processor time; median of", ROUNDS)
    print(f"{'what':38} {'ms':>6} {'ratio':>6} {'at most':>8}")
    for name, milliseconds in medians.items():
        limit = MOST if name == _UPLOAD else ""
        print(f"{name:38} {milliseconds:6.0f} {milliseconds / yardstick:6.2f} {limit:>8}")


if __name__ == "__main__":
    main()
