"""A business server on loopback that verifies callbacks with the official SDK, as real ones do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import qiniu

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply


class BusinessServer:
    """Seed 000's callback server: answers `filename`, `uid` and `msg` to a verified callback."""

    def __init__(self, access_key: str, secret_key: str) -> None:
        self._auth = qiniu.Auth(access_key, secret_key)
        self.url = ""
        self.calls: list[dict[str, str]] = []

    def __call__(self, request: Received) -> Reply:
        body = request.body.decode()
        content_type = request.headers["content-type"]
        if not self._auth.verify_callback(
            request.headers["authorization"], self.url, body, content_type
        ):
            return Reply(401, b'{"error":"not signed"}')
        if content_type == "application/json":
            call = json.loads(body)
        else:
            call = {name: values[0] for name, values in parse_qs(body).items()}
        self.calls.append(call)
        answer = {"filename": call.get("name"), "uid": call.get("uid"), "msg": "ok"}
        return Reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


@contextmanager
def running(access_key: str, secret_key: str) -> Iterator[BusinessServer]:
    """Serve until the block ends."""
    server = BusinessServer(access_key, secret_key)
    with loopback.serve(server) as origin:
        server.url = f"{origin}/qiniu/callback?from=upgate"
        yield server
