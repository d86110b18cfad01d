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
    """The ring of a stack, read and rotated."""

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
        fresh = KeyPair(_access_key(), secrets.token_urlsafe(_KEY_BYTES))
        pairs = [fresh, *self.pairs()][:keep]
        document = {
            "keys": [
                {"access_key": pair.access_key, "secret_key": pair.secret_key} for pair in pairs
            ]
        }
        self._client.put_secret_value(SecretId=self._secret_id, SecretString=json.dumps(document))
        return fresh


def _access_key() -> str:
    return secrets.token_urlsafe(_KEY_BYTES)
