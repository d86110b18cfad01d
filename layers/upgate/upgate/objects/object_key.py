"""Under which key an upload is stored, and whether the token allows it (protocol.md 1.3)."""

from __future__ import annotations

from upgate.errors import KeyNotListedError, KeyScopeMismatchError
from upgate.objects import legal_key
from upgate.tokens.put_policy import PutPolicy
from upgate.variables.magic_variables import Field, MagicVariables
from upgate.variables.templates import render_text


def choose(policy: PutPolicy, client_key: str | None, variables: MagicVariables) -> str:
    """The key by precedence: client's, `saveKey`, etag; with `forceSaveKey` saveKey comes first.

    The empty string is a key of its own, not the absence of one.

    Raises:
        KeyScopeMismatchError, KeyNotListedError, KeyTooLongError, InvalidArgumentError.
    """
    key = _by_precedence(policy, client_key, variables)
    check(policy, key, client_gave_none=client_key is None)
    return key


def refuse_early(policy: PutPolicy, client_key: str | None) -> None:
    """Refuse what `choose` will refuse whatever the content, before gigabytes of it are sent.

    Raises:
        KeyScopeMismatchError, KeyNotListedError, KeyTooLongError, InvalidArgumentError.
    """
    is_named_later = policy.save_key and (policy.force_save_key or client_key is None)
    if is_named_later:
        return
    if client_key is not None:
        check(policy, client_key)
    elif not policy.is_prefixal_scope:
        _check_scope(policy, "", client_gave_none=True)


def check(policy: PutPolicy, key: str, *, client_gave_none: bool = False) -> None:
    """Hold a key that is already chosen against scope, `keylimit` and what keys may be."""
    _check_scope(policy, key, client_gave_none)
    if policy.keylimit and key not in policy.keylimit:
        raise KeyNotListedError
    legal_key.check(key)


def _by_precedence(policy: PutPolicy, client_key: str | None, variables: MagicVariables) -> str:
    if policy.save_key and (policy.force_save_key or client_key is None):
        # A saveKey that comes to nothing would give strangers one common name.
        return (
            render_text(policy.save_key, variables.resolver(Field.SAVE_KEY)) or variables.facts.etag
        )
    return variables.facts.etag if client_key is None else client_key


def _check_scope(policy: PutPolicy, key: str, client_gave_none: bool) -> None:
    allowed = policy.scope.key
    if allowed is None:
        return
    if policy.is_prefixal_scope:
        if not key.startswith(allowed):
            raise KeyScopeMismatchError
    elif key != allowed or (client_gave_none and not policy.save_key):
        raise KeyScopeMismatchError
