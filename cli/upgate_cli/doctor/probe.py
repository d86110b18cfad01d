"""Requests of the doctor's own: each sent once, all keys below one prefix, tokens that fit."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from requests_toolbelt import MultipartEncoder

from upgate import encoding
from upgate.callbacks.own_call import DOCTOR_PREFIX
from upgate.tokens import upload_token
from upgate.tokens.keys import KeyPair
from upgate_cli.gateway.answer import Answer
from upgate_cli.gateway.client import Call, GatewayClient

PREFIX = DOCTOR_PREFIX
LIFETIME_SECONDS = 600
OCTET_STREAM = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Patient:
    """The stack under examination, and what its operator said beside its address.

    `callback_url` is the operator's business server, `app_origin` a web app's (CORS).
    """

    client: GatewayClient
    pair: KeyPair
    bucket: str
    callback_url: str | None = None
    app_origin: str | None = None

    @property
    def url(self) -> str:
        """The gateway's origin."""
        return self.client.url

    @property
    def is_on_this_machine(self) -> bool:
        """Whether nobody else can reach it, as with `upgate local`."""
        return urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Probe:
    """Sends the checks' requests. No token it signs can write a key outside `prefix`."""

    patient: Patient
    prefix: str = field(default_factory=lambda: f"{PREFIX}{secrets.token_hex(8)}/")
    keys: set[str] = field(default_factory=set)
    """What may have been stored, for the tidying up."""

    def key(self, name: str) -> str:
        """A key below the prefix, remembered."""
        key = self.prefix + name
        self.keys.add(key)
        return key

    def token(self, **fields: Any) -> str:
        """An upload token for keys below the prefix; `fields` add to the policy, or replace."""
        policy = {
            "scope": f"{self.patient.bucket}:{self.prefix}",
            "isPrefixalScope": 1,
            "deadline": int(time.time()) + LIFETIME_SECONDS,
        }
        return upload_token.sign(json.dumps(policy | fields).encode(), self.patient.pair)

    def call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """One request, one answer; raises HopelessError where there is none."""
        return self.patient.client.send_once(Call(method, path, headers or {}, body))

    def with_token(
        self, method: str, path: str, body: bytes = b"", content_type: str = OCTET_STREAM
    ) -> Answer:
        """A call of the resumable or base64 kind: the token stands in a header."""
        headers = {
            "Authorization": f"UpToken {self.token()}",
            "Content-Type": content_type,
            "Content-MD5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        }
        return self.call(method, path, headers, body)

    def form(
        self,
        name: str,
        data: bytes,
        *,
        token: str | None = None,
        crc32: int | None = None,
        content_type: str = OCTET_STREAM,
    ) -> Answer:
        """Upload a form under the key of this name; a token of the doctor's own by default."""
        fields: dict[str, Any] = {
            "token": self.token() if token is None else token,
            "key": self.key(name),
            "crc32": str(zlib.crc32(data) if crc32 is None else crc32),
            "file": ("doctor", data, content_type),
        }
        answer = self.post_form(fields)
        if answer.status == 401:
            self.keys.discard(self.prefix + name)
        return answer

    def post_form(self, fields: Mapping[str, Any]) -> Answer:
        """Send any form."""
        encoder = MultipartEncoder(fields)
        return self.call("POST", "/", {"Content-Type": encoder.content_type}, encoder.to_string())

    def download(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for a path, and a query, as they are to be written; the answer itself."""
        return self.call(method, self.signed(path), headers)

    def signed(self, path: str) -> str:
        """The path with what a private bucket wants (protocol.md 9.8) and a public one ignores."""
        separator = "&" if "?" in path else "?"
        path = f"{path}{separator}e={int(time.time()) + LIFETIME_SECONDS}"
        pair = self.patient.pair
        return f"{path}&token={pair.access_key}:{pair.sign(f'{self.patient.url}{path}'.encode())}"

    def follow(
        self, answer: Answer, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """What is where a redirect points to; raises HopelessError where nothing answers."""
        target = urlsplit(answer.headers.get("location", ""))
        client = GatewayClient(f"{target.scheme}://{target.netloc}", self.patient.client.cancelled)
        path = f"{target.path}?{target.query}" if target.query else target.path
        try:
            return client.send_once(Call(method, path, headers or {}))
        finally:
            client.close()

    def entry(self, key: str) -> str:
        """EncodedEntryURI of a key (protocol.md 12)."""
        return encoding.encode(f"{self.patient.bucket}:{key}".encode())


def text_field(answer: Answer, name: str) -> str:
    """A text in the answer's JSON, empty where there is none."""
    document = answer.document
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""


def said(answer: Answer) -> str:
    """An answer in a few words, for the table."""
    words = answer.error[:120]
    return f"{answer.status} ({words})" if words else f"{answer.status}"
