"""HTTP requests as Lambda events of payload format 2.0, and functions' results as HTTP answers.

An HTTP API's rules: aws.md 2 and local.md 2; the escapes in `rawPath` as the emulator's authors
measured them on AWS (local.md 6).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from upgate_cli.local.cloud import ACCOUNT
from upgate_cli.local.routes import Match

STAGE = "$default"

_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
# Only the percent sign's own escape stays, or a path could not be told from a twice escaped one.
_ESCAPES = re.compile(r"(?:%(?!25)[0-9A-Fa-f]{2})+")
# The gateway ends the client's connection and opens its own: these are not handed over.
_HOP_BY_HOP = frozenset(
    {"connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)

type Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire: `target` is the path and query, untouched."""

    method: str
    target: str
    headers: Headers
    body: bytes
    address: str

    @property
    def path(self) -> str:
        """The path as an HTTP API decodes it: once, all escapes but %25, slashes kept."""
        raw = self.target.partition("?")[0]
        return _ESCAPES.sub(lambda found: unquote(found[0], errors="replace"), raw)

    @property
    def query(self) -> str:
        """What stands behind the first question mark, untouched."""
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer for the wire; a header may stand in it more than once."""

    status: int
    headers: Headers
    body: bytes


class ResultError(ValueError):
    """A function's result is none that an HTTP API could make an answer of."""


def encode(request: Request, match: Match, caller: Mapping[str, Any] | None = None) -> bytes:
    """Make the event that a function gets for a request, as the JSON that Lambda counts.

    `caller` is what the route's authorizer found out.
    """
    headers = _joined(request.headers)
    cookies = [item.strip() for item in headers.pop("cookie", "").split(";") if item.strip()]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers | _added_headers(request, headers),
        "requestContext": _context(request, match, headers),
        "isBase64Encoded": False,
    }
    # What is not there is left out, never null: strict readers of the event refuse null.
    if caller is not None:
        event["requestContext"]["authorizer"] = caller
    if cookies:
        event["cookies"] = cookies
    if pairs := parse_qsl(request.query, keep_blank_values=True, errors="replace"):
        event["queryStringParameters"] = _joined(pairs, lower=False)
    if match.path_parameters:
        event["pathParameters"] = dict(match.path_parameters)
    if request.body:
        is_text = _is_text(headers.get("content-type", ""))
        event["isBase64Encoded"] = not is_text
        event["body"] = (
            request.body.decode("utf-8", errors="replace")
            if is_text
            else base64.b64encode(request.body).decode("ascii")
        )
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def decode(result: bytes) -> Answer:
    """Make an answer of what a function returned.

    Raises:
        ResultError: not JSON, or fields of other types than payload format 2.0 has.
    """
    try:
        value = json.loads(result)
    except ValueError as error:
        raise ResultError("not JSON") from error
    if not isinstance(value, dict) or "statusCode" not in value:
        return Answer(200, (("content-type", "application/json"),), result)
    try:
        return _answer(value)
    except (AttributeError, TypeError, ValueError, binascii.Error) as error:
        raise ResultError("not of payload format 2.0") from error


def _answer(value: Mapping[str, Any]) -> Answer:
    text = value.get("body") or ""
    body = base64.b64decode(text) if value.get("isBase64Encoded") else text.encode()
    headers = [(str(name), str(item)) for name, item in (value.get("headers") or {}).items()]
    headers = [pair for pair in headers if pair[0].lower() not in _HOP_BY_HOP | {"content-length"}]
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", str(cookie)) for cookie in value.get("cookies") or ()]
    return Answer(int(value["statusCode"]), headers, body)


def _joined(pairs: Headers, *, lower: bool = True) -> dict[str, str]:
    """Every name once, the values of a repeated one joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower() if lower else name
        if lower and key in _HOP_BY_HOP:
            continue
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _added_headers(request: Request, headers: Mapping[str, str]) -> dict[str, str]:
    before = headers.get("x-forwarded-for")
    added = {
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": f"{before}, {request.address}" if before else request.address,
        "x-forwarded-port": headers.get("host", "").rpartition(":")[2] or "80",
        "x-forwarded-proto": "http",
    }
    if request.body:  # also for a chunked body, which arrives here as a whole
        added["content-length"] = str(len(request.body))
    return added


def _context(request: Request, match: Match, headers: Mapping[str, str]) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": headers.get("host", ""),
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.address,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": match.route.key,
        "stage": STAGE,
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _is_text(content_type: str) -> bool:
    mime = content_type.partition(";")[0].strip().lower()
    return mime.startswith("text/") or mime in _TEXT_TYPES
