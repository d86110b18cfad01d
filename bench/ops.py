"""asyncops without its tools, and a result that is there already: `uv run python -m bench.ops`.

The handlers run in this process against S3 and DynamoDB on loopback (the tests' fakes). A
tool is counted and its time taken off; what is left of a job, by its commands, is the overhead.
What an AWS takes besides the loopback is not in it.
"""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import statistics
import time
import uuid
from typing import Any

from PIL import Image

from tests import events
from tests.fakes import aws
from tests.fakes.s3 import StoredObject

ROUNDS = 15
COMMANDS = 4
MOST_MILLISECONDS = 60.0


class Context:
    """An invocation with all of its time left."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def photo() -> bytes:
    """A JPEG that is different each time, or its result would be there."""
    image = Image.frombytes("RGB", (320, 240), os.urandom(320 * 240 * 3))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def batch(body: str) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1"}
    record = {"messageId": "m", "receiptHandle": "h", "body": body, "attributes": attributes}
    return {"Records": [record]}


class ToolClock:
    """Stands around the tools: how often they ran, and for how long."""

    def __init__(self, run: Any) -> None:
        self._run = run
        self.runs = 0
        self.seconds = 0.0

    def __call__(self, *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return self._run(*arguments)
        finally:
            self.runs += 1
            self.seconds += time.perf_counter() - started


def run_job(query: Any, asyncops: Any, s3: Any) -> float:
    """Seconds that asyncops takes for one job of COMMANDS commands."""
    key = f"{uuid.uuid4().hex}.jpg"
    metadata = {"content-type": "image/jpeg", "x-amz-meta-upgate-etag": f"F{uuid.uuid4().hex}"}
    s3.objects[("s3-demo", key)] = StoredObject(photo(), metadata)
    fops = ";".join(f"imageView2/2/w/{10 + number}" for number in range(COMMANDS))
    body = f"bucket=demo&key={key}&fops={fops}"
    signature = events.PAIR.sign(f"/pfop/\n{body}".encode())
    headers = {
        "Authorization": f"QBox testak:{signature}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    event = events.http("POST", "/pfop/", body.encode(), headers, "POST /pfop")
    answer = query.lambda_handler(event, None)
    job_id = json.loads(answer["body"])["persistentId"]
    message = json.dumps({"upgate": "RunJob", "job_id": job_id})
    started = time.perf_counter()
    assert asyncops.lambda_handler(batch(message), Context()) == {"batchItemFailures": []}
    return time.perf_counter() - started


def download(app: Any, key: str) -> tuple[float, str]:
    """Seconds of one request for a picture, and where it leads to."""
    event = events.http("GET", f"/{key}", route="GET /{proxy+}")
    event["rawQueryString"] = "imageView2/2/w/64"
    started = time.perf_counter()
    answer = app.lambda_handler(event, None)
    seconds = time.perf_counter() - started
    assert answer["statusCode"] == 302, answer["body"]
    return seconds, answer["headers"]["Location"].partition("?")[0]


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server
    with aws.running() as fakes:
        os.environ.update(
            fakes.environment,
            UPGATE_BUCKETS='{"demo": "s3-demo"}',
            UPGATE_WORK_BUCKET="s3-work",
            UPGATE_LEDGER_TABLE=aws.TABLE,
            UPGATE_KEYS_SECRET=aws.SECRET,
            UPGATE_CALLBACK_FUNCTION="callback",
            POWERTOOLS_LOG_LEVEL="ERROR",
        )
        query, asyncops, app = (
            importlib.import_module(f"functions.{name}.app")
            for name in ("query", "asyncops", "download")
        )
        maker = importlib.import_module("upgate_media.maker")
        clock = ToolClock(maker.run_pipe)
        maker.run_pipe = clock  # type: ignore[attr-defined]
        overheads = []
        for round_number in range(ROUNDS + 1):
            before = clock.seconds
            taken = run_job(query, asyncops, fakes.s3)
            if round_number:  # the first one makes the clients
                overheads.append((taken - (clock.seconds - before)) * 1000 / COMMANDS)
        runs_before = clock.runs
        firsts, seconds = [], []
        for _ in range(ROUNDS):
            key = f"{uuid.uuid4().hex}.jpg"
            metadata = {"content-type": "image/jpeg", "x-amz-meta-upgate-etag": key}
            fakes.s3.objects[("s3-demo", key)] = StoredObject(photo(), metadata)
            first, place = download(app, key)
            firsts.append(first * 1000)
            again, same_place = download(app, key)
            seconds.append(again * 1000)
            assert same_place == place
        runs = clock.runs - runs_before
    overhead = statistics.median(overheads)
    first, second = statistics.median(firsts), statistics.median(seconds)
    print(f"{COMMANDS} commands in a job, the tool's time taken off; median of {ROUNDS}")
    print(f"{'asyncops':24} {overhead:6.1f} ms a command, at most {MOST_MILLISECONDS}")
    print(f"320x240 JPEG to 64 px by URL; median of {ROUNDS}, tool runs: {runs} of {2 * ROUNDS}")
    print(f"{'first request':24} {first:6.1f} ms")
    print(f"{'second request':24} {second:6.1f} ms, {second / first:.2f} of the first")


if __name__ == "__main__":
    main()
