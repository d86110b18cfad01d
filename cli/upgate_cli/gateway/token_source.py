"""Where upload tokens come from: given, signed here, or asked for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Protocol

from upgate import encoding
from upgate.errors import UpgateError
from upgate.tokens import put_policy, upload_token
from upgate.tokens.keys import KeyPair
from upgate.tokens.put_policy import PutPolicy
from upgate_cli.errors import CommandError

LIFETIME_SECONDS = 3600
_RENEWED_BEFORE_SECONDS = 120


class TokenSource(Protocol):
    """Tokens for uploads to one bucket."""

    @property
    def access_key(self) -> str:
        """Whose tokens these are."""
        ...

    def token(self, key: str | None) -> str:
        """A token that is good for a while, for an upload under `key` (None: no key)."""
        ...

    def policy(self) -> PutPolicy | None:
        """What is known of every token's policy; None where the policy follows the key."""
        ...


class GivenToken:
    """One token, for everything."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._policy = read_policy(token)

    @property
    def access_key(self) -> str:
        """As the token has it."""
        return self._token.partition(":")[0]

    def token(self, key: str | None) -> str:
        """Always the same."""
        return self._token

    def policy(self) -> PutPolicy:
        """As the token has it."""
        return self._policy


class SignedTokens:
    """Signs a token for each upload; the key stands in its scope where it may overwrite."""

    def __init__(self, pair: KeyPair, bucket: str, *, overwrite: bool) -> None:
        self._pair = pair
        self._bucket = bucket
        self._overwrite = overwrite

    @property
    def access_key(self) -> str:
        """The pair's."""
        return self._pair.access_key

    def token(self, key: str | None) -> str:
        """Signed at this moment, so that a long upload never ends with an old token."""
        names_key = self._overwrite and key is not None
        policy = {
            "scope": f"{self._bucket}:{key}" if names_key else self._bucket,
            "deadline": int(time.time()) + LIFETIME_SECONDS,
        }
        return upload_token.sign(json.dumps(policy).encode(), self._pair)

    def policy(self) -> PutPolicy | None:
        """It follows the key."""
        return None


class PresetTokens:
    """Tokens of a preset; a new one is asked for shortly before the last one ends.

    `ask` gives one and the seconds that it has left. They are counted here from the asking on: the
    gateway's clock and this machine's need not agree.
    """

    def __init__(self, ask: Callable[[], tuple[str, float]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._renew()

    @property
    def access_key(self) -> str:
        """As the token has it."""
        return self._current.partition(":")[0]

    def token(self, key: str | None) -> str:
        """The current one."""
        with self._lock:
            used_seconds = time.time() - self._asked_at
            if not 0 <= used_seconds <= self._seconds_left - _RENEWED_BEFORE_SECONDS:
                self._renew()
            return self._current

    def policy(self) -> PutPolicy:
        """As the first token had it."""
        return read_policy(self._current)

    def _renew(self) -> None:
        self._asked_at = time.time()
        self._current, self._seconds_left = self._ask()


def read_policy(token: str) -> PutPolicy:
    """The policy of a token whose signature only the gateway can check.

    Raises:
        CommandError: it is no token, or its policy no policy.
    """
    parts = token.strip().split(":")
    if len(parts) != 3:
        raise CommandError("this is no upload token: it has not three parts with colons between")
    try:
        return put_policy.parse(encoding.decode(parts[2]))
    except ValueError:
        raise CommandError("this is no upload token: its third part is no base64") from None
    except UpgateError as error:
        raise CommandError(f"the token's policy is broken: {error.message}") from error
