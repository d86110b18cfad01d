"""`upgate doctor` on the deployed template, as it is and behind a proxy that spoils it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from tests.e2e import business_server, cli_process
from tests.e2e.conftest import ACCESS_KEY, BUCKET, SECRET_KEY, Gateway
from tests.e2e.local_process import LocalProcess
from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply

pytestmark = pytest.mark.e2e

# Where `upgate local` truthfully is less than it could be.
_LOCAL = {"token endpoint"}
_HOP_BY_HOP = {"connection", "content-length", "transfer-encoding"}
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Examined:
    """A run: its exit status and the rows by check."""

    status: int
    rows: dict[str, Any]

    def those(self, result: str) -> set[str]:
        """Checks that ended so."""
        return {check for check, row in self.rows.items() if row["result"] == result}


def examine(url: str, *options: str) -> Examined:
    keys = {"UPGATE_ACCESS_KEY": ACCESS_KEY, "UPGATE_SECRET_KEY": SECRET_KEY}
    done = cli_process.run("doctor", url, "--json", *options, env=keys | {"UPGATE_BUCKET": BUCKET})
    return Examined(done.status, {row["check"]: row for row in done.json["findings"]})


def proxy_to(url: str, spoil: Callable[[Reply], Reply]) -> Callable[[Received], Reply]:
    """A proxy that passes everything on, and changes answers."""

    def pass_on(request: Received) -> Reply:
        prepared = requests.Request(request.method, url, data=request.body).prepare()
        prepared.url = f"{url}{request.path}"  # untouched
        prepared.headers.update(request.headers)
        with requests.Session() as session:
            said = session.send(prepared, timeout=_SECONDS, allow_redirects=False)
        kept = {k: v for k, v in said.headers.items() if k.lower() not in _HOP_BY_HOP}
        return spoil(Reply(said.status_code, said.content, kept))

    return pass_on


def test_a_local_stack_is_as_it_should_be(gateway: Gateway) -> None:
    examined = examine(gateway.url)
    assert (examined.status, examined.those("fail")) == (0, set()), examined.rows
    assert examined.those("warn") == _LOCAL


def test_nothing_of_it_stays_in_the_bucket(gateway: Gateway) -> None:
    examine(gateway.url)
    listed = gateway.aws("s3").list_objects_v2(
        Bucket=gateway.resource("UploadBucket"), Prefix="upgate-doctor/"
    )
    assert listed["KeyCount"] == 0


def test_no_callback_of_it_is_owed(gateway: Gateway) -> None:
    examine(gateway.url)
    pages = (
        gateway.aws("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=gateway.resource("LedgerTable"))
    )
    own = [
        item
        for page in pages
        for item in page["Items"]
        if item.get("key", {}).get("S", "").startswith("upgate-doctor/") and "delivery" in item
    ]
    assert own
    assert {item["delivery"]["S"] for item in own} == {"accepted"}


def test_a_business_server_that_verifies_is_found_well(gateway: Gateway) -> None:
    with business_server.running(ACCESS_KEY, SECRET_KEY) as server:
        examined = examine(gateway.url, "--callback", server.url)
    assert examined.rows["to your server"]["result"] == "ok"
    assert examined.rows["a forged one to it"]["seen"] == "refused with 401"
    assert len(server.calls) == 1


def test_a_proxy_that_makes_614_a_502_is_found_out(gateway: Gateway) -> None:
    def spoil(reply: Reply) -> Reply:
        return replace(reply, status=502) if reply.status == 614 else reply

    with loopback.serve(proxy_to(gateway.url, spoil)) as url:
        examined = examine(url)
    assert (examined.status, examined.those("fail")) == (1, {"614 file exists"})
    row = examined.rows["614 file exists"]
    assert row["seen"] == "502 (file exists) came instead of 614"
    assert "StatusMode=standard" in row["advice"]


@pytest.fixture(scope="module")
def closed_stack() -> Iterator[str]:
    """A stack as it may be in production: standard numbers, closed tokens, origins of a list."""
    process = LocalProcess.start(
        *("--port", "0", "--bucket", BUCKET, "--token-auth", "iam"),
        *("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY),
        *("--parameter", "StatusMode=standard"),
        *("--parameter", "CorsOrigins=https://app.example.com"),
        *("--parameter", "CallbackHosts=app.example.com"),
    )
    try:
        yield process.value("ready")
    finally:
        process.end(signal.SIGTERM)


def test_standard_numbers_and_a_closed_stack_are_well(closed_stack: str) -> None:
    examined = examine(closed_stack, "--origin", "https://app.example.com")
    assert (examined.status, examined.those("fail")) == (0, set()), examined.rows
    assert examined.rows["614 file exists"]["seen"].startswith("as 409 with X-Upgate-Code 614")
    assert examined.rows["token endpoint"]["seen"] == "closed: 403 without identity"
    assert examined.those("warn") == {"to the gateway itself"}
