"""What may stand in a line of the functions' log: a list of fields, and no secret in any."""

from __future__ import annotations

import json
import re
from typing import Any

from tests import emf

_ALWAYS = {"level", "location", "message", "timestamp", "service", "outcome", "milliseconds"}
_METRICS = {"_aws", "class"}
ALLOWED = {
    "request": {"reqid", "route", "method", "status", "code", "bucket", "bytes_in"}
    | {"answer_bytes", "stages", "cause", "fault"},
    "message": {"message_id", "attempt", "subject", "fault"},
    "callback": {"delivery", "attempts"},
    "file": {"error", "answer_bytes"},
    "source": {"fault"},
}
ATTEMPT = {"host", "status", "error", "milliseconds"}
FAULT = {"types", "frames"}
CAUSE = {"type", "operation", "code", "status"}
# AccessKey:Signature:Policy, wherever it may stand.
_TOKEN = re.compile(r"[\w-]+:[\w-]{27}=:[\w-]{16,}", re.ASCII)


def read(text: str) -> list[dict[str, Any]]:
    """All lines of a log; raises ValueError for one that is no JSON."""
    return [json.loads(line) for line in text.splitlines()]


def check(line: dict[str, Any]) -> None:
    """One line; raises AssertionError."""
    metrics = emf.metrics_of(line)
    if line["message"] not in ALLOWED:  # a warning: something that went on beside the request
        return
    allowed = _ALWAYS | _METRICS | ALLOWED[line["message"]] | metrics.keys()
    assert line.keys() <= allowed
    for attempt in line.get("attempts", ()):
        assert attempt.keys() == ATTEMPT
    assert line.get("fault", {}).keys() <= FAULT
    assert line.get("cause", {}).keys() <= CAUSE


def check_secrets(text: str, *secrets: str) -> None:
    """A whole log; raises AssertionError."""
    assert not _TOKEN.search(text)
    for secret in secrets:
        assert secret not in text
