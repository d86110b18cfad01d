"""The log of a deployed function: what AWS's own runtime writes out is the line as it was made."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import qiniu
import requests

from tests import emf, log_lines
from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

WAIT_SECONDS = 20.0


def lines_of(gateway: Gateway, reqid: str) -> list[dict[str, Any]]:
    """The lines of one request, once the emulator has written them down."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while True:
        text = gateway.log.read_text(errors="replace")
        found = [match[0] for match in re.finditer(r"\{.*\}", text) if reqid in match[0]]
        if found or time.monotonic() > ends_at:
            return [json.loads(line) for line in found]
        time.sleep(0.2)


def test_an_upload_leaves_one_line_with_its_metrics(gateway: Gateway) -> None:
    auth = qiniu.Auth(gateway.access_key, gateway.secret_key)
    fields = {"token": auth.upload_token(gateway.bucket), "key": "log-lines/a"}
    answer = requests.post(gateway.url, fields, files={"file": ("a", "hello")}, timeout=30)
    [line] = lines_of(gateway, answer.headers["X-Reqid"])
    log_lines.check(line)
    assert (line["service"], line["outcome"], line["bucket"]) == ("upgate", "stored", "demo")
    assert emf.metrics_of(line)["UploadBytes"] == 5
