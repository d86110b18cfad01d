"""Peak memory of one 4 MiB upload: `uv run python -m bench.memory`.

A fresh process with the runtime client, the real handler, the parsed event and a PUT to loopback.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from bench import photo, runtime_venv, sink
from bench.upload import make_event

MOST_MEGABYTES = 128

_PROGRAM = """
import json, resource, sys, time
import awslambdaric.bootstrap
import functions.upload.app as app
from upgate.tokens.keys import KeyPair, KeyRing
app.UPLOADER._ports.keys._ring = KeyRing((KeyPair("testak", "testsk"),))
app.UPLOADER._ports.keys._read_at = time.monotonic()
with open(sys.argv[1]) as file:
    event = json.load(file)
for _ in range(3):
    answer = app.lambda_handler(event, None)
    assert answer["statusCode"] == 200, answer
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure() -> float:
    """Peak resident memory in MB."""
    with tempfile.TemporaryDirectory() as folder, sink.running() as port:
        path = Path(folder) / "event.json"
        path.write_text(json.dumps(make_event(photo.make())))
        environment = runtime_venv.environment(AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}")
        done = subprocess.run(
            [str(runtime_venv.make()), "-c", _PROGRAM, str(path)],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
    return float(done.stdout.splitlines()[-1].removeprefix("peak "))


def main() -> None:
    print(f"peak memory of a 4 MiB upload: {measure():.0f} MB (at most {MOST_MEGABYTES})")


if __name__ == "__main__":
    main()
