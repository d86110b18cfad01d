"""Standard Webhooks headers: a signature over any body, JSON too, with an id and a time.

Standard Webhooks 1.0, "Webhook Headers" and "Signature scheme". A receiver's library takes
`whsec_` and the base64 of the secret key's own characters as the secret.
"""

from __future__ import annotations

import base64
import hmac

from upgate.tokens.keys import KeyPair


def headers(pair: KeyPair, delivery_id: str, now_seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; the id is the same in every one of a delivery's."""
    signed = f"{delivery_id}.{now_seconds}.".encode() + body
    digest = hmac.digest(pair.secret_key.encode(), signed, "sha256")
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(now_seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
