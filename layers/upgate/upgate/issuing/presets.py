"""Presets: what an operator lets app clients upload (DESIGN "Who may get a token").

A client names a preset; it never sends a policy, a callback URL or an end user of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from upgate import strict_json
from upgate.errors import InvalidPresetError, StorageFailedError, UpgateError
from upgate.tokens import daily_quota, policy_extensions, put_policy
from upgate.tokens.put_policy import PutPolicy
from upgate.uploads import reply
from upgate.variables.templates import Json, variables_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_NAME = "default"
NAME = daily_quota.NAME  # a preset's name is that of its quota
LIFETIME_SECONDS_MOST = 7 * 24 * 3600
# Filled in by the gateway for each token, so a preset may not fix them.
_OURS = ("scope", "deadline", "endUser", "isPrefixalScope", "quota")
# All that is known when a token is made: another variable would leave a hole in the key.
_KEY_VARIABLES = frozenset(("endUser", "uuid"))
_OPEN_END_USER = re.compile(r"(?:\$\(\s*endUser\s*\)|\$\{\s*endUser\s*\})(?!/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One preset. At most one of `key` and `key_prefix`: templates of `$(endUser)`, `$(uuid)`."""

    bucket: str
    key: str | None = None
    key_prefix: str | None = None
    lifetime_seconds: int | None = None
    quota: Mapping[str, Json] | None = None
    """Limits of one user's day: the policy's `quota` but for its name, which is the preset's."""
    policy: Mapping[str, Json]
    """Put-policy fields by their wire names, without those that the gateway fills in."""

    def policy_text(self) -> bytes:
        """The policy of an upload to the bucket, as JSON."""
        return json.dumps({"scope": self.bucket, **self.policy}).encode()


class PresetStore(Protocol):
    """Where presets are kept."""

    def get(self, name: str) -> str | None:
        """The JSON text of a preset, or None."""
        ...


class DynamoPresets:
    """Presets in the ledger table: pk `preset#<name>`, sk `preset`, attribute `document`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, name: str) -> str | None:
        """The JSON text of a preset, or None."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": f"preset#{name}"}, "sk": {"S": "preset"}},
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageFailedError from error
        return found["Item"]["document"]["S"] if "Item" in found else None


def parse(text: str) -> Preset:
    """Read and check a preset's JSON text.

    Raises:
        InvalidPresetError: says which member is wrong and why.
    """
    try:
        document = strict_json.loads(text)
    except ValueError as error:
        raise InvalidPresetError("preset is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidPresetError("preset is not a JSON object")
    unknown = document.keys() - {"bucket", "key", "keyPrefix", "lifetimeSeconds", "quota", "policy"}
    if unknown:
        raise InvalidPresetError(f"preset has no member {sorted(unknown)[0]}")
    preset = Preset(
        bucket=_text(document, "bucket") or "",
        key=_text(document, "key"),
        key_prefix=_text(document, "keyPrefix"),
        lifetime_seconds=document.get("lifetimeSeconds"),
        quota=document.get("quota"),
        policy={} if document.get("policy") is None else document["policy"],
    )
    check(preset)
    return preset


def check(preset: Preset) -> None:
    """Refuse a preset that contradicts itself, when it is written and not at the first upload.

    Raises:
        InvalidPresetError.
    """
    _check_scope(preset)
    lifetime = preset.lifetime_seconds
    if lifetime is not None and (
        type(lifetime) is not int or not 0 < lifetime <= LIFETIME_SECONDS_MOST
    ):
        raise InvalidPresetError(f"lifetimeSeconds must be 1 to {LIFETIME_SECONDS_MOST}")
    if not isinstance(preset.policy, dict):
        raise InvalidPresetError("policy must be a JSON object")
    for name in _OURS:
        if name in preset.policy:
            raise InvalidPresetError(f"policy may not set {name}: the gateway fills it in")
    if str(preset.policy.get(policy_extensions.CARRIER)).startswith(policy_extensions.MARK):
        raise InvalidPresetError("policy needs no carrier: write commit and asyncOps themselves")
    _check_quota(preset)
    _check_policy(preset)


def quota_of(preset: Preset, name: str) -> dict[str, Json] | None:
    """The quota of a token from this preset, as its policy has it."""
    return None if preset.quota is None else {**preset.quota, "name": name}


def _check_quota(preset: Preset) -> None:
    quota = preset.quota
    if quota is not None and not isinstance(quota, dict):
        raise InvalidPresetError("quota must be a JSON object")
    if quota is not None and "name" in quota:
        raise InvalidPresetError("quota may not set name: it is the preset's own")
    try:
        daily_quota.parse(quota_of(preset, DEFAULT_NAME), "somebody")
    except UpgateError as error:
        raise InvalidPresetError(error.message) from error


def _check_scope(preset: Preset) -> None:
    if not preset.bucket:
        raise InvalidPresetError("preset needs a bucket")
    if ":" in preset.bucket:
        raise InvalidPresetError("bucket may not hold a colon: the key stands in key or keyPrefix")
    if preset.key is not None and preset.key_prefix is not None:
        raise InvalidPresetError("preset has both key and keyPrefix: choose one")
    for name, template in (("key", preset.key), ("keyPrefix", preset.key_prefix)):
        if unknown := variables_in(template or "") - _KEY_VARIABLES:
            raise InvalidPresetError(
                f"{name} names $({min(unknown)}): only $(endUser) and $(uuid) are known by then"
            )
    if _OPEN_END_USER.search(preset.key_prefix or ""):
        raise InvalidPresetError(
            "keyPrefix needs a '/' after $(endUser): the user 'a' could write as the user 'ab'"
        )


def _check_policy(preset: Preset) -> None:
    try:
        policy = put_policy.parse(preset.policy_text())
        reply.check_return_url(policy.return_url)
    except UpgateError as error:
        raise InvalidPresetError(error.message) from error
    _check_exclusive(policy)


def _check_exclusive(policy: PutPolicy) -> None:
    """The pairs that seed 002 forbids; a signed token may have them, a preset may not."""
    if policy.callback_url and policy.return_url:
        raise InvalidPresetError("callbackUrl and returnUrl exclude each other")
    if policy.callback_body and policy.return_body:
        raise InvalidPresetError("callbackBody and returnBody exclude each other")
    # A template: what its variables make of it is only known at the upload.
    urls = (policy.callback_url or "").split(";")
    if policy.callback_url and not all(
        url.strip().startswith(("http://", "https://")) for url in urls
    ):
        raise InvalidPresetError("callbackUrl must be an absolute http or https URL")


def _text(document: Mapping[str, object], name: str) -> str | None:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidPresetError(f"{name} must be a string")
    return value
