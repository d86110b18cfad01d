"""The key ring out of the secret: cached, and read again once for an access key not in it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.errors import StorageFailedError
from upgate.tokens.keys import KeyPair, KeyRing
from upgate_aws.log import logger

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHE_SECONDS = 300
# An unknown access key costs a look-up; somebody who invents keys may cost one in this time.
REFRESH_SECONDS = 30


class KeySource:
    """A `upload_token.KeyLookup` over a secret in Secrets Manager."""

    def __init__(
        self,
        client: Callable[[], SecretsManagerClient],
        secret_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._ring: KeyRing | None = None
        self._stale_at = 0.0
        self._refresh_from = -math.inf

    def ring(self) -> KeyRing:
        """The current key ring; the last one while the secret cannot be read.

        Raises:
            StorageFailedError: the secret cannot be read, and no ring is at hand.
        """
        if self._ring is None:
            return self._read()
        if self._clock() > self._stale_at:
            try:
                return self._read()
            except StorageFailedError:
                self._stale_at = self._clock() + REFRESH_SECONDS
                logger.warning("keys not read again, the last ones stay", exc_info=True)
        return self._ring

    def find(self, access_key: str) -> KeyPair | None:
        """The pair of an access key, after one refresh if it is a new one.

        Raises:
            StorageFailedError: as `ring`, and for an unknown key when the refresh fails.
        """
        before = self._ring
        ring = self.ring()
        pair = ring.find(access_key)
        if pair is None and ring is before and self._clock() >= self._refresh_from:
            self._refresh_from = self._clock() + REFRESH_SECONDS
            pair = self._read().find(access_key)
        return pair

    def _read(self) -> KeyRing:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            secret = self._client().get_secret_value(SecretId=self._secret_id)
        except (BotoCoreError, ClientError) as error:
            raise StorageFailedError from error
        self._ring = parse_secret(secret["SecretString"])
        self._stale_at = self._clock() + CACHE_SECONDS
        return self._ring


def parse_secret(text: str) -> KeyRing:
    """Read `{"keys": [pair, ...]}`, newest first, or the single pair that a new stack starts with.

    A pair is `{"access_key": ..., "secret_key": ...}`.

    Raises:
        StorageFailedError: the secret is not of this shape; its text is in no message.
    """
    try:
        document = json.loads(text)
        pairs = document.get("keys", [document])
        return KeyRing(
            tuple(KeyPair(_text(pair["access_key"]), _text(pair["secret_key"])) for pair in pairs)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # No chained cause: a JSON error carries the text that it could not read.
        raise StorageFailedError from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a key is a string")
    return value
