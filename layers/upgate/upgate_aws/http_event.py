"""HTTP API events, payload format 2.0 (AWS: "Working with AWS Lambda proxy integrations")."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pybase64

from upgate.answers.responses import Response
from upgate.errors import InvalidArgumentError


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as the HTTP API hands it over: header names lower-case, path decoded once."""

    route: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    domain: str
    host: str
    """In whose name the client asked, and signs; the boundary puts a public one in (config.py)."""
    authority: str
    """The stack's own host, as its public URL has it; the boundary puts that in too."""
    identity: str | None
    """JWT subject or IAM principal, where the route's authorizer established one."""
    event: Mapping[str, Any]

    @property
    def is_authorized(self) -> bool:
        """Whether the route has an authorizer; `identity` is what it established."""
        return bool(self.event["requestContext"].get("authorizer"))

    @property
    def is_signed(self) -> bool:
        """Whether it claims to be a key pair's, which no plain download or upload does."""
        return self.headers.get("authorization", "").startswith(("QBox ", "Qiniu "))

    @property
    def content_type(self) -> str:
        """The Content-Type header, or nothing."""
        return self.headers.get("content-type", "")

    @property
    def origin(self) -> str:
        """Scheme and host that the client used; without a word from the front door, https."""
        scheme = "http" if self.headers.get("x-forwarded-proto") == "http" else "https"
        return f"{scheme}://{self.domain}"

    @property
    def body_bytes(self) -> int:
        """Size of the body, found without decoding it; about that, where it is no base64."""
        text: str = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            return len(text) * 3 // 4 - text.count("=", -2)
        return len(text.encode("utf-8", "surrogatepass"))

    def body(self) -> bytes:
        """Decode the body; done late, so that a refusal costs no copy of it.

        What a client labels as text the front door hands over as text, and what was no UTF-8 is
        lost by then (aws.md 2): such a body is refused, never stored as something else.

        Raises:
            InvalidArgumentError: announced as base64 and not it, or bytes labelled as text.
        """
        text: str = self.event.get("body") or ""
        if not self.event.get("isBase64Encoded"):
            return self._text_body(text)
        try:
            return pybase64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidArgumentError("request body is not base64") from error

    def _text_body(self, text: str) -> bytes:
        body = text.encode("utf-8", "surrogatepass")
        announced = self.headers.get("content-length", str(len(body)))
        # A byte that was no UTF-8 has become U+FFFD; three of them may hide in an equal length.
        if announced != str(len(body)) or _REPLACEMENT in text:
            raise InvalidArgumentError(
                "request body is not the text that its Content-Type says: "
                "send bytes as application/octet-stream"
            )
        return body


_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def decode(event: Mapping[str, Any]) -> HttpRequest:
    """Read an event; a malformed one is a fault of the deployment and raises KeyError."""
    context, headers = event["requestContext"], event.get("headers", {})
    domain = context.get("domainName", "")
    return HttpRequest(
        route=event["routeKey"],
        method=context["http"]["method"],
        path=_path(event["rawPath"]),
        query=event.get("rawQueryString", ""),
        headers=headers,
        domain=domain,
        host=headers.get("host") or domain,
        authority=headers.get("host") or domain,
        identity=_identity(context.get("authorizer") or {}),
        event=event,
    )


def _path(raw: str) -> str:
    """Finish what the front door begins: it undoes all escapes of a path but `%25` (aws.md 2).

    Left there, a percent sign of a key could not be told from it, and `100%` never be found.
    """
    return raw.replace("%25", "%")


def encode(response: Response, headers: Mapping[str, str]) -> dict[str, Any]:
    """Build the answer that the HTTP API expects; bytes that are not UTF-8 go as base64."""
    all_headers = {**headers, **response.headers}
    if response.content_type:
        all_headers["Content-Type"] = response.content_type
    answer: dict[str, Any] = {"statusCode": response.status, "headers": all_headers}
    try:
        return answer | {"body": response.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        body = base64.b64encode(response.body).decode()
        return answer | {"body": body, "isBase64Encoded": True}


def _identity(authorizer: Mapping[str, Any]) -> str | None:
    """Empty subjects are nobody."""
    if "jwt" in authorizer:
        subject: str | None = authorizer["jwt"].get("claims", {}).get("sub")
        return subject or None
    if "iam" in authorizer:
        principal: str | None = authorizer["iam"].get("userId")
        return principal or None
    return None
