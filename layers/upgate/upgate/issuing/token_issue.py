"""`POST /token`: an upload token for an app client, made from a preset."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from upgate import limits, strict_json
from upgate.errors import (
    InvalidArgumentError,
    InvalidPresetError,
    NotFoundError,
    UnauthenticatedError,
)
from upgate.issuing import presets
from upgate.issuing.presets import Preset, PresetStore
from upgate.tokens import daily_quota, upload_token
from upgate.tokens.keys import KeyRing
from upgate.uploads.quota import Quotas
from upgate.variables import path_segment
from upgate.variables.templates import Json, renamed, render_text


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """What the operator decided for all tokens."""

    default_bucket: str
    lifetime_seconds: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPorts:
    """The outside world of a token."""

    keys: KeyRing
    presets: PresetStore
    quotas: Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """Who asks, for which preset. `end_user` is the authorizer's word, never the client's.

    `is_open` is for the emulator alone: where nobody is a stranger, the preset `default` need not
    be written.
    """

    preset: str
    end_user: str | None
    upload_url: str
    is_open: bool = False


def parse_preset_name(body: bytes) -> str:
    """The preset that a request body names; an empty body names the default one.

    Raises:
        InvalidArgumentError: not a JSON object, a member besides `preset`, or no proper name.
    """
    if not body.strip():
        return presets.DEFAULT_NAME
    try:
        document = strict_json.loads(body)
    except ValueError as error:
        raise InvalidArgumentError("request body is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidArgumentError("request body is not a JSON object")
    if document.keys() - {"preset"}:
        raise InvalidArgumentError("unknown member: a client names a preset and nothing else")
    name = document.get("preset", presets.DEFAULT_NAME)
    if not isinstance(name, str) or not presets.NAME.fullmatch(name):
        raise InvalidArgumentError("preset must be a name of letters, digits, '_', '.' and '-'")
    return name


def issue(
    request: TokenRequest, settings: TokenSettings, ports: TokenPorts, now_seconds: float
) -> dict[str, Json]:
    """Make a token and all that an app needs to use it at once.

    Returns:
        `token` (also as `uptoken`), `expires_at` (unix seconds), `upload_url`, and `key` when the
        preset fixes it.

    Raises:
        UnauthenticatedError: nobody vouches for the client.
        NotFoundError: no such preset.
        QuotaExceededError: no upload would be taken from this user today.
        InvalidPresetError: the stored preset is broken, or its token exceeds limits.TOKEN_BYTES.
    """
    if not request.end_user:
        raise UnauthenticatedError
    preset = _find(request, settings, ports.presets)
    quota = presets.quota_of(preset, request.preset)
    _refuse_used_up(quota, request.end_user, ports.quotas, now_seconds)
    expires_at = int(now_seconds) + (preset.lifetime_seconds or settings.lifetime_seconds)
    key = _fill(preset.key, request.end_user)
    policy: dict[str, Json] = {
        **preset.policy,
        **_scope(preset, key, request.end_user),
        "deadline": expires_at,
        "endUser": request.end_user,
    }
    save_key = preset.policy.get("saveKey")
    if isinstance(save_key, str):
        # Filled in at the upload: there too a user's name is one segment, as in key and keyPrefix.
        policy["saveKey"] = renamed(save_key, {"endUser": "endUserSegment"})
    if quota is not None:
        policy["quota"] = quota
    text = json.dumps(policy, separators=(",", ":"))
    token = upload_token.sign(text.encode(), ports.keys.newest)
    if len(token) > limits.TOKEN_BYTES:
        raise InvalidPresetError(f"its upload token exceeds {limits.TOKEN_BYTES} bytes")
    answer: dict[str, Json] = {
        "token": token,
        "uptoken": token,
        "expires_at": expires_at,
        "upload_url": request.upload_url,
    }
    return answer if key is None else answer | {"key": key}


def _refuse_used_up(
    quota: dict[str, Json] | None, end_user: str, quotas: Quotas, now_seconds: float
) -> None:
    """Each upload is held against the quota by itself; an app that asks is told before it tries."""
    limits_of_day = daily_quota.parse(quota, end_user)
    if limits_of_day is not None:
        quotas.refuse_used_up(limits_of_day, end_user, now_seconds)


def _find(request: TokenRequest, settings: TokenSettings, store: PresetStore) -> Preset:
    text = store.get(request.preset)
    if text is not None:
        return presets.parse(text)
    # It has the whole bucket and no limit: no user of an issuer gets it unless it was written.
    if request.is_open and request.preset == presets.DEFAULT_NAME:
        return Preset(bucket=settings.default_bucket, policy={})
    raise NotFoundError(f"no such preset: {request.preset}")


def _scope(preset: Preset, key: str | None, end_user: str) -> dict[str, Json]:
    if key is not None:
        return {"scope": f"{preset.bucket}:{key}"}
    prefix = _fill(preset.key_prefix, end_user)
    if prefix is not None:
        return {"scope": f"{preset.bucket}:{prefix}", "isPrefixalScope": 1}
    return {"scope": preset.bucket}


def _fill(template: str | None, end_user: str) -> str | None:
    """Only what is known before the upload can stand in a key that the token fixes."""
    if template is None:
        return None
    values = {"endUser": path_segment.encode(end_user), "uuid": str(uuid.uuid4())}
    return render_text(template, values.get)
