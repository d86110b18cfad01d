"""Peak memory of resumable uploads, each invocation in a fresh process with the real handler.

Read from VmHWM: what getrusage says is at least what the process that started this one had.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import runtime_venv
from bench.weightless_s3 import WeightlessS3
from tests import events
from tests.fakes import loopback
from tests.resumable_client import BLOCK, Client, content
from upgate.resumable.assembly_plan import Join
from upgate.resumable.glue_share import GlueShare
from upgate.resumable.piece import Piece

MOST_MEGABYTES = 128
_ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": "67108864", "MALLOC_MMAP_THRESHOLD_": "33554432"}

_PROGRAM = """
import importlib, json, re, sys, time
import awslambdaric.bootstrap
app = importlib.import_module(f"functions.{sys.argv[1]}.app")
if hasattr(app, "UPLOADER"):
    from upgate.tokens.keys import KeyPair, KeyRing
    app.UPLOADER._ports.keys._ring = KeyRing((KeyPair("testak", "testsk"),))
    app.UPLOADER._ports.keys._read_at = time.monotonic()
with open(sys.argv[2]) as file:
    event = json.load(file)
answer = app.lambda_handler(event, None)
assert answer.get("statusCode", 200) == 200, answer
print("peak", int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""

type Invocation = tuple[str, Mapping[str, Any]]


class _Recorder(Client):
    """Builds the event of a request and sends it nowhere."""

    def __init__(self) -> None:
        super().__init__(self, events.token())  # type: ignore[arg-type]
        self.event: dict[str, Any] = {}

    def lambda_handler(self, event: dict[str, Any], _: object) -> dict[str, Any]:
        self.event = event
        return {"statusCode": 200, "headers": {}}


def measure() -> dict[str, float]:
    """Megabytes by invocation."""
    s3 = WeightlessS3()
    with loopback.serve(s3) as url:
        return {name: _peak(url, *made) for name, made in _invocations(s3).items()}


def _invocations(s3: WeightlessS3) -> dict[str, Invocation]:
    from bench.resumable import put_blocks, put_parts

    client = _Recorder()
    made: dict[str, Invocation] = {}

    upload_id, parts = put_parts(s3, 1)
    client.part(upload_id, 2, content(BLOCK + 500_000))
    made["upload part, joined to its pair"] = ("resumable", client.event)

    upload_id, parts = put_parts(s3, 1000)
    client.complete(upload_id, parts, mimeType="video/mp4")
    made["complete of 1,000 parts"] = ("resumable", client.event)

    ctxs = put_blocks(s3, 140 * BLOCK)
    client.mkfile(140 * BLOCK, ctxs)
    made["mkfile of 587 MB in one"] = ("resumable", client.event)

    zeros = next(found for found in s3.objects.items() if found[1].body == bytes(BLOCK))
    etag = "FivMvS848VwT631aif2dhfWV4jvD"  # protocol.md 5: 4 MiB of zeros
    pair = Join((Piece(zeros[0][1], BLOCK, etag),) * 2)
    threes = Join(pair.pieces + pair.pieces[:1])
    for name, part in (("glue of 600 MB by 8 MiB", pair), ("glue of 600 MB by 12 MiB", threes)):
        count = 600_000_000 // (len(part.pieces) * BLOCK)
        share = GlueShare("bucket", "k", "upload", tuple(enumerate((part,) * count, 1)))
        made[name] = ("glue", share.to_object())
    return made


def _peak(s3_url: str, function: str, event: Mapping[str, Any]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "event.json"
        path.write_text(json.dumps(event))
        done = subprocess.run(
            [str(runtime_venv.make()), "-c", _PROGRAM, function, str(path)],
            env=runtime_venv.environment(
                AWS_ENDPOINT_URL_S3=s3_url, UPGATE_GLUE_FUNCTION="glue", **_ALLOCATOR
            ),
            check=True,
            capture_output=True,
            text=True,
        )
    return float(done.stdout.splitlines()[-1].removeprefix("peak "))
