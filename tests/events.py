"""HTTP API events for tests: the files in events/, and variations of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from requests_toolbelt import MultipartEncoder

from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair

EVENTS = Path(__file__).parents[1] / "events"
PAIR = KeyPair("testak", "testsk")  # the pair of protocol.md 1.1


def load(name: str) -> dict[str, Any]:
    """An event file, as `sam local invoke --event` reads it."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def token(policy: Mapping[str, Any] | None = None, pair: KeyPair = PAIR, **fields: Any) -> str:
    """A signed token; `scope` is the bucket `demo` unless given."""
    text = json.dumps({"scope": "demo", **(policy or {}), **fields})
    return upload_token.sign(text.encode(), pair)


def http(
    method: str,
    path: str,
    body: bytes | str = b"",
    headers: Mapping[str, str] | None = None,
    route: str | None = None,
) -> dict[str, Any]:
    """An event of payload format 2.0 with the base64 rules of the HTTP API (aws.md 2)."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route or f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "domainName": "up.example.com",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
            "requestId": "r",
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(body, bytes) and bool(body),
    }
    if body:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def form(body: bytes, content_type: str) -> dict[str, Any]:
    """A form upload from a body made by a real client."""
    return http("POST", "/", body, {"Content-Type": content_type})


def form_of(
    fields: Mapping[str, str],
    content: bytes = b"hello",
    file_name: str = "a.txt",
    mime_type: str = "text/plain",
) -> dict[str, Any]:
    """A form upload made by requests-toolbelt's encoder."""
    encoder = MultipartEncoder({**fields, "file": (file_name, content, mime_type)})
    return form(encoder.read(), encoder.content_type)
