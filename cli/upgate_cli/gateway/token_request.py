"""Asks a stack for the token of a preset: openly, with a JWT, or signed with AWS credentials.

The endpoint of a deployed stack is closed (DESIGN "Who may get a token").
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from upgate_cli.errors import CommandError
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import Call, GatewayClient
from upgate_cli.gateway.complaint import refusal

_PATH = "/token"
_API_HOST = re.compile(r"[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_SERVICE = "execute-api"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The endpoint's whole answer: `token`, `expires_at` and more (`upgate.issuing.token_issue`).

    `seconds_left` is what the token has to live by the gateway's own clock, whatever this machine
    takes the time to be.
    """

    document: dict[str, Any]
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: a JWT, or nobody at first and AWS credentials once that is refused.

    `api_url` is the HTTP API's own origin (output `ApiUrl`). An AWS signature covers the host, and
    what stands in front replaces it, so a signed request has to go there directly.
    """

    bearer: str | None = field(default=None, repr=False)
    api_url: str | None = None


def ask_for_token(client: GatewayClient, preset: str, identity: Identity) -> IssuedToken:
    """A token of a preset.

    Raises:
        CommandError: refused, or no such preset.
    """
    body = json.dumps({"preset": preset}).encode()
    headers = {"Content-Type": "application/json"}
    if identity.bearer:
        headers["Authorization"] = f"Bearer {identity.bearer}"
        answer = client.send(Call("POST", _PATH, headers, body))
    else:
        answer = client.send(Call("POST", _PATH, headers, body))
        if answer.status in (401, 403):
            answer = _ask_api(client, identity.api_url, headers, body) or answer
    return _read(client.url, preset, answer)


def _ask_api(
    client: GatewayClient, api_url: str | None, headers: dict[str, str], body: bytes
) -> Answer | None:
    """Ask the API itself, past whatever stands in front of it."""
    if api_url is None or api_url.rstrip("/") == client.url:
        return _ask_signed(client, headers, body)
    api = GatewayClient(api_url.rstrip("/"), threading.Event())
    try:
        return _ask_signed(api, headers, body)
    finally:
        api.close()


def _ask_signed(client: GatewayClient, headers: dict[str, str], body: bytes) -> Answer | None:
    """Ask with AWS Signature Version 4, None where there are no credentials to sign with."""
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session()
        credentials = session.get_credentials()
    except BotoCoreError:
        return None
    match = _API_HOST.fullmatch(urlsplit(client.url).hostname or "")
    region = match[1] if match else session.region_name
    if credentials is None or not region:
        return None
    request = AWSRequest("POST", f"{client.url}{_PATH}", headers, body)
    SigV4Auth(credentials, _SERVICE, region).add_auth(request)
    return client.send(Call("POST", _PATH, dict(request.headers.items()), body))


def _read(url: str, preset: str, answer: Answer) -> IssuedToken:
    document = answer.document
    if answer.status == 200 and isinstance(document, dict) and "token" in document:
        if isinstance(document["token"], str) and isinstance(document.get("expires_at"), int):
            return IssuedToken(document, document["expires_at"] - _time_of(answer))
        raise CommandError(f"{url}/token gave no token; check --url")
    if answer.status == 404 and answer.is_gateway:
        raise CommandError(f"no preset {preset}: `upgate presets list` shows those that are there")
    if answer.status in (401, 403):
        raise CommandError(
            f"{url}/token wants to know who asks: give --bearer (a JWT), or AWS credentials that "
            "may call execute-api:Invoke; behind CloudFront or a proxy give --api-url too, the "
            "stack's output ApiUrl"
        )
    raise refusal(url, answer)


def _time_of(answer: Answer) -> float:
    """When the gateway answered, by its clock (RFC 9110, 6.6.1) or, if it is silent, by ours."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()
