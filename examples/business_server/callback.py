"""A callback: who sent it, and what it says. Nothing in it counts before both signatures do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

import qiniu

JSON = "application/json"
_TOLERANCE_SECONDS = 300  # Standard Webhooks: an older one is somebody's recording


class CallbackRefusedError(Exception):
    """Not signed by the gateway, or not what its policies send. The text is for the log."""


@dataclass(frozen=True, slots=True)
class Callback:
    """`delivery` is the same in every attempt to deliver one upload's callback."""

    delivery: str
    fields: Mapping[str, str | int | None]


class CallbackReader:
    """Verifies with the key pair that signed the upload token."""

    def __init__(self, access_key: str, secret_key: str) -> None:
        self._auth = qiniu.Auth(access_key, secret_key)
        self._secret = secret_key.encode()

    def read(self, url: str, headers: Mapping[str, str], body: bytes, now: float) -> Callback:
        """Verify and read one; `headers` by lower-case name, `url` as the policy wrote it.

        Raises:
            CallbackRefusedError: whatever is wrong with it.
        """
        try:
            text = body.decode()
            content_type = headers["content-type"]
            # Kodo's own signature: what every Qiniu SDK verifies. It covers the URL, and forms.
            if not self._auth.verify_callback(headers["authorization"], url, text, content_type):
                raise CallbackRefusedError("wrong Authorization")
            delivery = self._verify_webhook(headers, body, now)
            return Callback(delivery, _fields(content_type, text))
        except (KeyError, ValueError) as error:
            raise CallbackRefusedError(f"malformed: {type(error).__name__}") from error

    def _verify_webhook(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """Standard Webhooks: covers any body, the time and the delivery's id, which it returns."""
        delivery, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
        digest = hmac.digest(self._secret, f"{delivery}.{sent_at}.".encode() + body, hashlib.sha256)
        expected = f"v1,{base64.b64encode(digest).decode()}".encode()
        signatures = headers["webhook-signature"].encode().split(b" ")
        if not any(hmac.compare_digest(signature, expected) for signature in signatures):
            raise CallbackRefusedError("wrong webhook-signature")
        if abs(now - int(sent_at)) > _TOLERANCE_SECONDS:
            raise CallbackRefusedError("webhook-timestamp is too far from now")
        # X-Upgate-Delivery is the same id, but no signature covers it.
        if headers["x-upgate-delivery"] != delivery:
            raise CallbackRefusedError("X-Upgate-Delivery is not webhook-id")
        return delivery


def _fields(content_type: str, text: str) -> Mapping[str, str | int | None]:
    if content_type == JSON:
        fields = json.loads(text)
        if not isinstance(fields, dict):
            raise ValueError("not a JSON object")
        return fields
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
