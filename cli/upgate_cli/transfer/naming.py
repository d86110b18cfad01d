"""Which key a file gets: the user's word, else what the token's policy leaves open."""

from __future__ import annotations

from upgate import limits
from upgate.tokens.put_policy import PutPolicy
from upgate_cli.errors import CommandError


def choose_key(
    policy: PutPolicy | None, key: str | None, prefix: str | None, file_name: str
) -> str | None:
    """The key to ask for; None leaves the name to the policy's saveKey.

    `key`, else `prefix` and the file's name, else the one key that the token allows, else the
    token's prefix and the file's name, else the file's name.

    Raises:
        CommandError: longer than limits.KEY_BYTES.
    """
    chosen = _choose(policy, key, prefix, file_name)
    if chosen is not None and len(chosen.encode(errors="replace")) > limits.KEY_BYTES:
        raise CommandError(
            f"{file_name}: its key has more than {limits.KEY_BYTES} bytes; choose a shorter one"
        )
    return chosen


def _choose(
    policy: PutPolicy | None, key: str | None, prefix: str | None, file_name: str
) -> str | None:
    if key is not None:
        return key
    if prefix is not None:
        return prefix + file_name
    if policy is None:
        return file_name
    if policy.save_key:
        return None
    if policy.scope.key is None:
        return file_name
    return policy.scope.key + file_name if policy.is_prefixal_scope else policy.scope.key
