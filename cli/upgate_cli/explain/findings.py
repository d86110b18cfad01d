"""What is wrong with a token, and what is odd about it, without any file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from upgate import encoding
from upgate.contents import mime_limit
from upgate.errors import UpgateError
from upgate.tokens import policy_extensions, put_policy, upload_token
from upgate.tokens.keys import KeyPair, KeyRing
from upgate.tokens.put_policy import PutPolicy
from upgate.uploads import reply
from upgate_cli.errors import CommandError
from upgate_cli.explain.policy_fields import EXTENSIONS, PURPOSES


class Signature(Enum):
    """What is known of a token's signature."""

    VALID = "valid"
    INVALID = "invalid"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the gateway would say no."""

    code: int
    message: str


@dataclass(slots=True)
class Findings:
    """A token, taken apart. `policy` is None where it is none that the gateway would take."""

    access_key: str
    signature: Signature
    text: bytes
    fields: Mapping[str, Any]
    policy: PutPolicy | None = None
    extensions: Mapping[str, object] = field(default_factory=dict)
    """This gateway's own fields that are in it, wherever they stand (policy_extensions.py)."""
    refusals: list[Refusal] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


def examine(token: str, secret_key: str | None, now_seconds: float) -> Findings:
    """Take a token apart.

    Raises:
        CommandError: it has not the shape of a token, so there is nothing to tell.
    """
    parts = token.split(":")
    if len(parts) == 5 and not parts[0]:
        raise CommandError("a token of five parts is a sub-account's: the gateway takes none")
    if len(parts) != 3 or not parts[0]:
        raise CommandError("this is no upload token: it is not AccessKey:Signature:Policy")
    try:
        text = encoding.decode(parts[2])
    except ValueError:
        raise CommandError("this is no upload token: its third part is no base64") from None
    findings = Findings(parts[0], Signature.UNCHECKED, text, _fields(text))
    if secret_key:
        _check_signature(findings, token, secret_key)
    _check_policy(findings, now_seconds)
    return findings


def _fields(text: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _check_signature(findings: Findings, token: str, secret_key: str) -> None:
    try:
        upload_token.verify(token, KeyRing((KeyPair(findings.access_key, secret_key),)))
        findings.signature = Signature.VALID
    except UpgateError as error:
        findings.signature = Signature.INVALID
        findings.refusals.append(Refusal(error.status, error.message))


def _check_policy(findings: Findings, now_seconds: float) -> None:
    try:
        policy = findings.policy = put_policy.parse(findings.text)
    except UpgateError as error:
        findings.refusals.append(Refusal(error.status, error.message))
        return
    findings.extensions = {
        name: value
        for name, value in policy_extensions.unpack(findings.fields).items()
        if name in EXTENSIONS and value is not None
    }
    checks: tuple[Callable[[], object], ...] = (
        lambda: put_policy.check_deadline(policy, now_seconds, required=False),
        lambda: None if policy.callback_url else reply.check_return_url(policy.return_url),
        lambda: mime_limit.admits(policy.mime_limit or "", "text/plain"),
    )
    for check in checks:
        try:
            check()
        except UpgateError as error:
            findings.refusals.append(Refusal(error.status, error.message))
    findings.oddities += _oddities(policy, findings.fields)


def _oddities(policy: PutPolicy, fields: Mapping[str, Any]) -> list[str]:
    scope_key = policy.scope.key
    smallest, largest = policy.fsize_min, policy.fsize_limit
    reachable = [key for key in policy.keylimit if _is_in_scope(policy, key)]
    found = {
        "no deadline: Android and iOS refuse such a token": policy.deadline is None,
        "callbackUrl and returnUrl: the callback's answer wins, nobody is redirected": bool(
            policy.callback_url and policy.return_url
        ),
        "callbackUrl and returnBody: the callback's answer wins": bool(
            policy.callback_url and policy.return_body
        ),
        "callbackBody without callbackUrl: nobody is called": bool(
            policy.callback_body and not policy.callback_url
        ),
        "isPrefixalScope without a prefix in scope: it does nothing": (
            policy.is_prefixal_scope and scope_key is None
        ),
        "fsizeMin is above fsizeLimit: no file passes": (
            smallest is not None and largest is not None and smallest > largest
        ),
        "no key of keylimit is in scope: no key passes": bool(policy.keylimit) and not reachable,
    }
    unknown = [f"unknown field {name}: ignored" for name in fields if name not in PURPOSES]
    return [sentence for sentence, is_so in found.items() if is_so] + unknown


def _is_in_scope(policy: PutPolicy, key: str) -> bool:
    if policy.scope.key is None:
        return True
    return key.startswith(policy.scope.key) if policy.is_prefixal_scope else key == policy.scope.key
