"""What an upload costs at AWS: `uv run python -m bench.cost`.

The requests are counted, with the real handlers over the tests' AWS; prices and durations are
written down here. docs/cost.md has the tables that this prints, and a test holds it to them.
"""

from __future__ import annotations

import importlib
import json
import logging
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest import mock

from bench import function_environment
from bench.ops import Context, batch
from tests import events
from tests.fakes import aws
from tests.resumable_client import Client, content, cut
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome
from upgate_aws.aws_endpoint import AwsEndpoint

# us-east-1, November 2026, in dollars for a million (aws.md 9).
GATEWAY_UNIT = 1.00
INVOCATION = 0.20
S3_WRITE, S3_READ = 5.00, 0.40
LEDGER_WRITE, LEDGER_READ = 0.625, 0.125
QUEUE_REQUEST = 0.40
# And for one.
GB_SECOND = 0.0000133334  # arm64
LOG_GB = 0.50

# CloudFront, by where the client is: a GB that it sends on to the origin, and a million requests
# over HTTPS; its function is the same everywhere.
EDGE_GB_AND_REQUESTS = {
    "North America, Europe": (0.020, 1.00),
    "Japan, South-East Asia": (0.060, 1.20),
    "South America": (0.125, 2.20),
    "India": (0.160, 1.20),
}
EDGE_FUNCTION = 0.10

GATEWAY_UNIT_BYTES = 512 * 1024
REQUEST_HEAD_BYTES = 1000
LOG_LINE_BYTES = 1000
EVENT_QUEUE_REQUESTS = 3  # S3 sends, Lambda receives and deletes

# Memory (GB, as template.yaml has it by default) and seconds, warm, of one invocation. Assumed:
# nobody here has an account to measure in.
MEMORY = {"upload": 1.0, "resumable": 1769 / 1024, "callback": 0.5, "events": 0.5}
SECONDS = {
    "upload": 0.10,
    "part": 0.15,
    "complete": 0.60,
    "callback": 0.10,
    "events": 0.03,
}

_S3_READS = ("GetObject", "HeadObject")  # a listing costs what a write costs
_S3_FREE = ("AbortMultipartUpload", "DeleteObject")


@dataclass(slots=True)
class Bill:
    """What one upload used."""

    requests: int = 0
    sent_bytes: int = 0
    gateway_units: int = 0
    invocations: int = 0
    gb_seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    def request(self, body_bytes: int, function: str, seconds: str) -> None:
        """One request of the client's."""
        self.requests += 1
        self.sent_bytes += body_bytes + REQUEST_HEAD_BYTES
        self.gateway_units += math.ceil((body_bytes + REQUEST_HEAD_BYTES) / GATEWAY_UNIT_BYTES)
        self.invocation(function, SECONDS[seconds])

    def invocation(self, function: str, seconds: float) -> None:
        """One invocation."""
        self.invocations += 1
        self.gb_seconds += MEMORY[function] * seconds

    def counts(self) -> list[int]:
        """Gateway units, invocations, S3 writes and reads, ledger writes and reads, queue."""
        names = ("s3 write", "s3 read", "ledger write", "ledger read", "queue")
        return [self.gateway_units, self.invocations, *(self.calls[name] for name in names)]

    def dollars(self) -> list[float]:
        """Front door, Lambda, S3, ledger, queue, logs: a million times this upload."""
        units, invocations, put, get, write, read, queue = self.counts()
        return [
            units * GATEWAY_UNIT,
            invocations * INVOCATION + self.gb_seconds * GB_SECOND * 1e6,
            put * S3_WRITE + get * S3_READ,
            write * LEDGER_WRITE + read * LEDGER_READ,
            queue * QUEUE_REQUEST,
            invocations * LOG_LINE_BYTES / 1e9 * 1e6 * LOG_GB,
        ]

    def edge_dollars(self, gb: float, requests: float) -> float:
        """What CloudFront adds to a million times this upload, at these two prices."""
        return self.sent_bytes * 1e6 / 1e9 * gb + self.requests * (requests + EDGE_FUNCTION)


@contextmanager
def counting(bill: Bill, s3: Any) -> Iterator[None]:
    """Count every call to AWS while the block runs."""
    send, before = AwsEndpoint.send, len(s3.calls)

    def counted(endpoint: AwsEndpoint, operation: str, *rest: Any, **options: Any) -> Any:
        if operation in ("PutItem", "UpdateItem", "GetItem", "Query"):
            is_write = operation in ("PutItem", "UpdateItem")
            bill.calls["ledger write" if is_write else "ledger read"] += 1
        elif operation == "SendMessage":
            bill.calls["queue"] += EVENT_QUEUE_REQUESTS
        return send(endpoint, operation, *rest, **options)

    with mock.patch.object(AwsEndpoint, "send", counted):
        yield
    for call in s3.calls[before:]:
        if call.operation not in _S3_FREE:
            bill.calls["s3 read" if call.operation in _S3_READS else "s3 write"] += 1


def form(apps: dict[str, ModuleType], bill: Bill, size: int, policy: dict[str, Any]) -> None:
    """One form, as an SDK sends it."""
    token = events.token({"scope": "demo", **policy})
    event = events.form_of({"token": token, "key": "k"}, content(size), "a.bin")
    answer = apps["upload"].lambda_handler(event, None)
    assert answer["statusCode"] == 200, answer
    bill.request(size, "upload", "upload")
    if "callbackUrl" in policy:
        # The upload's function waits for it.
        bill.invocation("callback", SECONDS["callback"])
        bill.gb_seconds += MEMORY["upload"] * SECONDS["callback"]


def resumable(apps: dict[str, ModuleType], bill: Bill, size: int) -> None:
    """A resumable upload v2 in parts of 4 MiB."""
    client, pieces = Client(apps["resumable"], events.token()), cut(content(size))
    upload_id = client.initiate()
    bill.request(0, "resumable", "upload")
    parts = client.parts(upload_id, pieces)
    for piece in pieces:
        bill.request(len(piece), "resumable", "part")
    answer = client.complete(upload_id, parts)
    assert answer.status == 200, answer
    bill.request(80 * len(parts), "resumable", "complete")


def event(apps: dict[str, ModuleType], bill: Bill) -> None:
    """What the object's own event costs, which comes after each upload."""
    record = {"s3": {"bucket": {"name": "s3-demo"}, "object": {"key": "k", "sequencer": "1"}}}
    body = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", **record}]}
    answer = apps["events"].lambda_handler(batch(json.dumps(body)), Context())
    assert answer == {"batchItemFailures": []}
    bill.invocation("events", SECONDS["events"])
    bill.calls["queue"] += EVENT_QUEUE_REQUESTS


CALLBACK = {"callbackUrl": "https://app.example.com/", "callbackBody": "key=$(key)"}
ACCEPTED = CallbackOutcome(
    accepted=True,
    body=b"{}",
    attempts=(CallbackAttempt(url=CALLBACK["callbackUrl"], status=200, error="", milliseconds=1),),
)
UPLOADS: dict[str, Callable[[dict[str, ModuleType], Bill], None]] = {
    "form, 100 KB": lambda apps, bill: form(apps, bill, 100_000, {}),
    "form, 1 MB": lambda apps, bill: form(apps, bill, 1_000_000, {}),
    "form, 1 MB, callback": lambda apps, bill: form(apps, bill, 1_000_000, CALLBACK),
    "16 parts, 64 MB": lambda apps, bill: resumable(apps, bill, 64 * 1024 * 1024),
}


def measure() -> dict[str, Bill]:
    """The bill of each kind of upload."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server
    bills: dict[str, Bill] = {}
    with aws.running() as fakes:
        os.environ.update(
            function_environment.VARIABLES,
            **fakes.environment,
            UPGATE_BUCKETS='{"demo": "s3-demo"}',
            UPGATE_LEDGER_TABLE=aws.TABLE,
            UPGATE_KEYS_SECRET=aws.SECRET,
            UPGATE_GLUE_FUNCTION="glue",
            UPGATE_RESULT_DAYS="365",
            POWERTOOLS_LOG_LEVEL="CRITICAL",
        )
        fakes.functions.functions["callback"] = lambda *_: ACCEPTED.to_object()
        apps = {
            name: importlib.import_module(f"functions.{name}.app")
            for name in ("upload", "resumable", "events")
        }
        for name, upload in UPLOADS.items():
            fakes.s3.reset()
            bills[name] = bill = Bill()
            with counting(bill, fakes.s3):
                upload(apps, bill)
                event(apps, bill)
    return bills


def tables(bills: dict[str, Bill]) -> str:
    """The three tables, in Markdown."""
    lines = [
        "| upload | gateway units | invocations | S3 writes | S3 reads | ledger writes"
        " | ledger reads | queue |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, bill in bills.items():
        lines.append(f"| {name} | {' | '.join(map(str, bill.counts()))} |")
    lines += [
        "",
        "| a million of | gateway | Lambda | S3 requests | ledger | queue | logs | **all** |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, bill in bills.items():
        dollars = bill.dollars()
        shown = " | ".join(f"{value:,.2f}" for value in dollars)
        lines.append(f"| {name} | {shown} | **${sum(dollars):,.2f}** |")
    lines += [
        "",
        f"| CloudFront adds | {' | '.join(EDGE_GB_AND_REQUESTS)} |",
        "|---|" + "---|" * len(EDGE_GB_AND_REQUESTS),
    ]
    for name, bill in bills.items():
        added = [bill.edge_dollars(*prices) for prices in EDGE_GB_AND_REQUESTS.values()]
        times = [dollars / sum(bill.dollars()) + 1 for dollars in added]
        cells = (f"{dollars:,.2f} (x {n:.1f})" for dollars, n in zip(added, times, strict=True))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(tables(measure()))
