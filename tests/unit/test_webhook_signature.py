from __future__ import annotations

import base64

import pytest

from upgate.callbacks import webhook_signature
from upgate.tokens.keys import KeyPair

# The vector in the tests of the reference libraries (standard-webhooks/standard-webhooks):
# secret, id, time, body and the signature that they expect.
SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
ID, TIME, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class _Bytes(str):
    """A secret key whose bytes are those of the vector, which are no text."""

    def encode(self, *_: object) -> bytes:
        return SECRET


def test_signature_is_that_of_the_reference_libraries() -> None:
    found = webhook_signature.headers(KeyPair("ak", _Bytes("sk")), ID, TIME, BODY)
    assert found == {
        "webhook-id": ID,
        "webhook-timestamp": str(TIME),
        "webhook-signature": SIGNATURE,
    }


@pytest.mark.parametrize(
    ("delivery_id", "now", "body"),
    [("b", 1, b"{}"), ("a", 2, b"{}"), ("a", 1, b"{ }")],
)
def test_signature_covers_id_time_and_body(delivery_id: str, now: int, body: bytes) -> None:
    pair = KeyPair("ak", "sk")
    one = webhook_signature.headers(pair, "a", 1, b"{}")
    other = webhook_signature.headers(pair, delivery_id, now, body)
    assert one["webhook-signature"] != other["webhook-signature"]
