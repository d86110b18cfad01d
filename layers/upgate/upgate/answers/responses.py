"""Answers as data: status, body and the headers that every answer of the gateway has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from upgate.errors import MethodNotAllowedError, QuotaExceededError, UpgateError
from upgate.variables.templates import Json

JSON_TYPE = "application/json"  # exactly so, no charset: Ruby's SDK compares it (protocol.md 16)

# For front doors that let no status above 599 through (DESIGN "Errors").
STANDARD_STATUS: Mapping[int, int] = {
    **{612: 404, 613: 412, 614: 409},
    **{631: 404, 640: 400, 701: 410},
}


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; `headers` are those of this answer alone."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorsSettings:
    """Origins that browsers may call from; `*` alone admits all."""

    origins: tuple[str, ...] = ("*",)


def json_response(status: int, value: Json) -> Response:
    """An answer with a JSON body of our own making."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body)


def error_response(error: UpgateError, *, standard_status: bool = False) -> Response:
    """The one mapper from an error to its answer: `{"error": ...}` (protocol.md 2.4).

    With `standard_status`, numbers above 599 give way to HTTP's own and stand in the body's
    `code` and in `X-Upgate-Code`.
    """
    status, headers = error.status, {}
    body: dict[str, Json] = {"error": error.message}
    if isinstance(error, MethodNotAllowedError):
        headers["Allow"] = ", ".join(error.allow)
    if isinstance(error, QuotaExceededError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if standard_status and status in STANDARD_STATUS:
        headers["X-Upgate-Code"] = str(status)
        status, body = STANDARD_STATUS[status], body | {"code": status}
    # Without blanks, which Java's SDK compares; in ASCII, which holds whatever a client sent.
    return Response(status, json.dumps(body, separators=(",", ":")).encode(), headers=headers)


def preflight() -> Response:
    """The answer to any OPTIONS; what it allows is in `common_headers`."""
    return Response(204, content_type="")


def common_headers(reqid: str, log: str, cors: CorsSettings, origin: str | None) -> dict[str, str]:
    """Headers of every answer, errors too: SDKs retry a whole upload without the first two."""
    headers = {
        "X-Reqid": reqid,
        "X-Log": log,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Methods": "OPTIONS, HEAD, GET, POST, PUT, DELETE",
        "Access-Control-Allow-Headers": (
            "Authorization, Content-Type, Content-MD5, X-File-Name, X-File-Type, X-File-Size"
        ),
        "Access-Control-Expose-Headers": "Retry-After, X-Log, X-Reqid, X-Upgate-Code",
        "Access-Control-Max-Age": "2592000",
    }
    if "*" in cors.origins:
        headers["Access-Control-Allow-Origin"] = "*"
    else:
        headers["Vary"] = "Origin"
        if origin in cors.origins:
            headers["Access-Control-Allow-Origin"] = origin
    return headers
