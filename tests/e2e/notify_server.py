"""A business server on loopback that takes notifications of jobs and verifies them with the SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import qiniu

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply


class NotifyServer:
    """`notifications` are those that were rightly signed; the first `refusals` calls get 500."""

    def __init__(self, access_key: str, secret_key: str, refusals: int) -> None:
        self._auth = qiniu.Auth(access_key, secret_key)
        self._refusals = refusals
        self.url = ""
        self.calls = 0
        self.notifications: list[dict[str, Any]] = []

    def __call__(self, request: Received) -> Reply:
        self.calls += 1
        if self.calls <= self._refusals:
            return Reply(500)
        authorization = request.headers["authorization"]
        is_signed = authorization.startswith("Qiniu ") and self._auth.verify_callback(
            authorization,
            self.url,
            request.body.decode(),
            request.headers["content-type"],
            "POST",
            {"Host": request.headers["host"]},
        )
        if not is_signed:
            return Reply(401)
        self.notifications.append(json.loads(request.body))
        return Reply(200)


@contextmanager
def running(access_key: str, secret_key: str, *, refusals: int = 0) -> Iterator[NotifyServer]:
    """Serve until the block ends."""
    server = NotifyServer(access_key, secret_key, refusals)
    with loopback.serve(server) as origin:
        server.url = f"{origin}/notify?from=upgate"
        yield server
