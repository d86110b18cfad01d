"""What a cold start costs on top of the runtime client: `uv run python -m bench.cold_start`.

Each figure is a fresh process that has imported AWS's own runtime client, then imports a handler's
module as Lambda does. The yardstick is the first line of most Lambda functions that use S3.
"""

from __future__ import annotations

import statistics
import subprocess

from bench import runtime_venv

ROUNDS = 15
MOST = 1.25

_PROGRAM = """
import time
import awslambdaric.bootstrap, awslambdaric.lambda_runtime_client
started = time.perf_counter()
{work}
print((time.perf_counter() - started) * 1000)
"""

_WORK = {
    'boto3.client("s3")': 'import boto3; boto3.client("s3")',
    "upload function": "import functions.upload.app",
    "token function": "import functions.token.app",
    "callback function": "import functions.callback.app",
}


def measure() -> dict[str, float]:
    """Medians in milliseconds, the processes taking turns."""
    python, environment = runtime_venv.make(), runtime_venv.environment()
    times: dict[str, list[float]] = {name: [] for name in _WORK}
    for round_number in range(ROUNDS + 1):
        for name, work in _WORK.items():
            command = [str(python), "-c", _PROGRAM.format(work=work)]
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            if round_number:  # the first run writes our own .pyc files
                times[name].append(float(done.stdout))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    medians = measure()
    yardstick = medians['boto3.client("s3")']
    print("cold start on top of the runtime client; median of", ROUNDS)
    print(f"{'what':20} {'ms':>6} {'ratio':>6} {'at most':>8}")
    for name, milliseconds in medians.items():
        limit = MOST if name == "upload function" else ""
        print(f"{name:20} {milliseconds:6.0f} {milliseconds / yardstick:6.2f} {limit:>8}")


if __name__ == "__main__":
    main()
