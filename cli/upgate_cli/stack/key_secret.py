"""The key pairs of a stack, in its secret: the newest first (`upgate_aws.key_source`)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from upgate.errors import StorageFailedError
from upgate.tokens.keys import KeyPair
from upgate_aws.key_source import parse_secret
from upgate_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_KEY_BYTES = 30  # 40 characters, as the stack's own first secret key has
_ATTEMPTS = 10
# Of a version that is written and not in force yet; it moves on with the next change.
_STAGE = "UPGATE_NEXT"
_CURRENT = "AWSCURRENT"

type Pairs = list[KeyPair]


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
        return self._read()[0]

    def _read(self) -> tuple[Pairs, str]:
        """All pairs, and the version of the secret that has them."""
        found = self._client.get_secret_value(SecretId=self._secret_id)
        try:
            return list(parse_secret(found["SecretString"])), found["VersionId"]
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
        self._change(lambda pairs: [fresh, *pairs][:keep])
        return fresh

    def add(self, pair: KeyPair) -> None:
        """Have a pair verified that was made elsewhere; it stands last and never signs.

        Raises:
            CommandError: its access key is there already.
        """

        def with_it(pairs: Pairs) -> Pairs:
            if any(known.access_key == pair.access_key for known in pairs):
                raise CommandError(f"the access key {pair.access_key} is there already")
            return [*pairs, pair]

        self._change(with_it)

    def remove(self, access_key: str) -> None:
        """Have a pair's tokens refused from now on.

        Raises:
            CommandError: no pair has this access key, or it is the only one.
        """

        def without_it(pairs: Pairs) -> Pairs:
            rest = [pair for pair in pairs if pair.access_key != access_key]
            if len(rest) == len(pairs):
                raise CommandError(f"no pair has the access key {access_key}: `upgate keys list`")
            if not rest:
                raise CommandError("this is the only pair: `upgate keys rotate` first")
            return rest

        self._change(without_it)

    def _change(self, change: Callable[[Pairs], Pairs]) -> None:
        """Replace the pairs that were read and no others: who changes them meanwhile loses none.

        Raises:
            CommandError: what `change` raises, or somebody else was always sooner.
        """
        for _ in range(_ATTEMPTS):
            pairs, version = self._read()
            if self._replace(version, change(pairs)):
                return
        raise CommandError("others change the keys at the same time: try again")

    def _replace(self, version: str, pairs: Pairs) -> bool:
        """Put new pairs in force if those of `version` still are.

        PutSecretValue knows no condition; a staging label leaves only the version that is named.
        """
        document = {
            "keys": [
                {"access_key": pair.access_key, "secret_key": pair.secret_key} for pair in pairs
            ]
        }
        written = self._client.put_secret_value(
            SecretId=self._secret_id, SecretString=json.dumps(document), VersionStages=[_STAGE]
        )
        try:
            self._client.update_secret_version_stage(
                SecretId=self._secret_id,
                VersionStage=_CURRENT,
                MoveToVersionId=written["VersionId"],
                RemoveFromVersionId=version,
            )
        except self._client.exceptions.InvalidParameterException:
            if self._read()[1] == version:
                raise  # nobody was sooner
            return False
        return True
