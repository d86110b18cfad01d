"""The key pairs of a stack, in its secret: the newest first (`upgate_aws.key_source`)."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from upgate.errors import StorageFailedError
from upgate.tokens.keys import KeyPair
from upgate_aws.key_source import parse_secret
from upgate_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_KEY_BYTES = 30  # 40 characters, as the stack's own first secret key has


class KeySecret:
    """The ring of a stack, read and changed."""

    def __init__(self, client: SecretsManagerClient, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def pairs(self) -> list[KeyPair]:
        """All pairs, newest first.

        Raises:
            CommandError: the secret holds something else.
        """
        text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
        try:
            return list(parse_secret(text))
        except StorageFailedError:
            raise CommandError(
                f"the secret {self._secret_id} does not hold key pairs: restore an older version "
                "of it in Secrets Manager"
            ) from None

    def rotate(self, keep: int | None) -> KeyPair:
        """Put a new pair first: it signs from now on. Old ones go on verifying.

        `keep` is how many pairs stay in all, None for every one.
        """
        fresh = KeyPair(secrets.token_urlsafe(_KEY_BYTES), secrets.token_urlsafe(_KEY_BYTES))
        self._write([fresh, *self.pairs()][:keep])
        return fresh

    def add(self, pair: KeyPair) -> None:
        """Have a pair verified that was made elsewhere; it stands last and never signs.

        Raises:
            CommandError: its access key is there already.
        """
        pairs = self.pairs()
        if any(known.access_key == pair.access_key for known in pairs):
            raise CommandError(f"the access key {pair.access_key} is there already")
        self._write([*pairs, pair])

    def remove(self, access_key: str) -> None:
        """Have a pair's tokens refused from now on.

        Raises:
            CommandError: no pair has this access key, or it is the only one.
        """
        pairs = self.pairs()
        rest = [pair for pair in pairs if pair.access_key != access_key]
        if len(rest) == len(pairs):
            raise CommandError(f"no pair has the access key {access_key}: `upgate keys list`")
        if not rest:
            raise CommandError("this is the only pair: `upgate keys rotate` first")
        self._write(rest)

    def _write(self, pairs: list[KeyPair]) -> None:
        document = {
            "keys": [
                {"access_key": pair.access_key, "secret_key": pair.secret_key} for pair in pairs
            ]
        }
        self._client.put_secret_value(SecretId=self._secret_id, SecretString=json.dumps(document))
