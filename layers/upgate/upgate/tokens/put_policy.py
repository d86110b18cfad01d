"""The put policy: what a signed token allows and asks for (protocol.md 1.2).

Types are strict, as on the real server; unknown fields are ignored; null is "not set".
"""

from __future__ import annotations

from dataclasses import dataclass

from upgate import limits, strict_json
from upgate.errors import (
    CallbackBodyMissingError,
    InvalidArgumentError,
    InvalidPolicyError,
    ScopeMissingError,
    TokenExpiredError,
)
from upgate.tokens import daily_quota, policy_extensions
from upgate.tokens.daily_quota import DailyQuota

FORM_BODY = "application/x-www-form-urlencoded"
JSON_BODY = "application/json"
COMMIT_KODO, COMMIT_STRICT = "kodo", "strict"

_INT64 = range(-(2**63), 2**63)
_ARCHIVED = (2, 3)  # archive and deep archive: no operation can read them (protocol.md 1.2)


@dataclass(frozen=True, slots=True)
class Scope:
    """`<bucket>` or `<bucket>:<key or key prefix>`; split at the first colon."""

    bucket: str
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutPolicy:
    """One put policy, typed. Field by field: protocol.md 1.2; `quota` is the gateway's own."""

    scope: Scope
    is_prefixal_scope: bool = False
    deadline: int | None = None
    insert_only: bool = False
    end_user: str | None = None
    save_key: str | None = None
    force_save_key: bool = False
    fsize_min: int | None = None
    fsize_limit: int | None = None
    detect_mime: int = 0
    mime_limit: str | None = None
    file_type: int = 0
    keylimit: tuple[str, ...] = ()
    return_url: str | None = None
    return_body: str | None = None
    callback_url: str | None = None
    callback_host: str | None = None
    callback_body: str | None = None
    callback_body_type: str = FORM_BODY
    callback_fetch_key: bool = False
    async_ops: str | None = None
    persistent_ops: str | None = None
    persistent_notify_url: str | None = None
    persistent_pipeline: str | None = None
    persistent_type: int = 0
    quota: DailyQuota | None = None
    commit: str = COMMIT_KODO
    """The gateway's own: whether the object waits until the callback was accepted."""

    @property
    def commits_strictly(self) -> bool:
        """Whether the object becomes visible only after its callback was accepted."""
        return self.commit == COMMIT_STRICT

    @property
    def inserts_only(self) -> bool:
        """Whether an object that exists may not be overwritten (protocol.md 1.3, item 1)."""
        return self.insert_only or self.is_prefixal_scope or self.scope.key is None

    @property
    def operations(self) -> str | None:
        """`asyncOps` and `persistentOps`, which are one thing; both given: both run."""
        return ";".join(filter(None, (self.async_ops, self.persistent_ops))) or None


def parse(text: bytes) -> PutPolicy:
    """Read a policy's JSON text.

    Raises:
        InvalidPolicyError: not a JSON object, or a field of the wrong type.
        ScopeMissingError: no bucket.
        CallbackBodyMissingError: callbackUrl without callbackBody.
        InvalidArgumentError: fields that contradict each other or are out of range.
    """
    fields = _Fields(policy_extensions.unpack(_load(text)))
    bucket, colon, key = (fields.text("scope") or "").partition(":")
    if not bucket:
        raise ScopeMissingError
    policy = PutPolicy(
        scope=Scope(bucket, key if colon else None),
        is_prefixal_scope=fields.flag("isPrefixalScope"),
        deadline=fields.integer("deadline"),
        insert_only=fields.flag("insertOnly"),
        end_user=fields.text("endUser"),
        save_key=fields.text("saveKey"),
        force_save_key=fields.boolean("forceSaveKey"),
        fsize_min=fields.integer("fsizeMin"),
        fsize_limit=fields.integer("fsizeLimit"),
        detect_mime=fields.integer("detectMime") or 0,
        mime_limit=fields.text("mimeLimit"),
        file_type=fields.integer("fileType") or 0,
        keylimit=fields.texts("keylimit"),
        return_url=fields.text("returnUrl"),
        return_body=fields.text("returnBody"),
        callback_url=fields.text("callbackUrl"),
        callback_host=fields.text("callbackHost"),
        callback_body=fields.text("callbackBody"),
        callback_body_type=fields.text("callbackBodyType") or FORM_BODY,
        callback_fetch_key=fields.flag("callbackFetchKey"),
        async_ops=fields.text("asyncOps"),
        persistent_ops=fields.text("persistentOps"),
        persistent_notify_url=fields.text("persistentNotifyUrl"),
        persistent_pipeline=fields.text("persistentPipeline"),
        persistent_type=fields.integer("persistentType") or 0,
        quota=daily_quota.parse(fields.values.get("quota"), fields.text("endUser")),
        commit=fields.text("commit") or COMMIT_KODO,
    )
    _check(policy)
    return policy


def check_deadline(policy: PutPolicy, now_seconds: float, *, required: bool) -> None:
    """Refuse a token after its deadline, or one that has none where the stack asks for one.

    Raises:
        TokenExpiredError: with the age in seconds, as Kodo says it.
    """
    if policy.deadline is None:
        if required:
            raise InvalidPolicyError("invalid put policy encoding: deadline is required here")
    elif policy.deadline <= now_seconds:
        raise TokenExpiredError(f"token expired {int(now_seconds - policy.deadline)} seconds ago")


def _check(policy: PutPolicy) -> None:
    if policy.callback_url and not policy.callback_body:
        raise CallbackBodyMissingError
    if policy.force_save_key and not policy.save_key:
        raise InvalidArgumentError("forceSaveKey needs a saveKey that is not empty")
    if policy.detect_mime not in (-1, 0, 1):
        raise InvalidArgumentError("detectMime must be -1, 0 or 1")
    if policy.file_type not in range(5):
        raise InvalidArgumentError("fileType must be 0, 1, 2, 3 or 4")
    if policy.file_type in _ARCHIVED and policy.operations:
        raise InvalidArgumentError("fileType 2 or 3 cannot be read back for persistentOps")
    if len(policy.keylimit) > limits.KEYLIMIT_KEYS:
        raise InvalidArgumentError(f"keylimit holds at most {limits.KEYLIMIT_KEYS} keys")
    if policy.callback_url and policy.callback_body_type not in (FORM_BODY, JSON_BODY):
        raise InvalidArgumentError(f"callbackBodyType must be {FORM_BODY} or {JSON_BODY}")
    _check_commit(policy)


def _check_commit(policy: PutPolicy) -> None:
    if policy.commit not in (COMMIT_KODO, COMMIT_STRICT):
        raise InvalidArgumentError(f"commit must be {COMMIT_KODO} or {COMMIT_STRICT}")
    if not policy.commits_strictly:
        return
    if not policy.callback_url:
        raise InvalidArgumentError("commit strict needs a callbackUrl that accepts the upload")
    if policy.callback_fetch_key:
        raise InvalidArgumentError(
            "commit strict and callbackFetchKey exclude each other: there the callback comes first"
        )


def _load(text: bytes) -> dict[str, object]:
    try:
        value = strict_json.loads(text)
    except ValueError as error:
        raise InvalidPolicyError from error
    if not isinstance(value, dict):
        raise InvalidPolicyError("invalid put policy encoding: not a JSON object")
    return value


@dataclass(frozen=True, slots=True)
class _Fields:
    """The policy's members by their wire names, each read as the one type that it may have."""

    values: dict[str, object]

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _is_unicode(value):
            raise _wrong_type(name, "a string")
        return value

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is None:
            return None
        # bool is an int in Python; on the wire it is not.
        if not isinstance(value, int) or isinstance(value, bool) or value not in _INT64:
            raise _wrong_type(name, "an integer")
        return value

    def flag(self, name: str) -> bool:
        return bool(self.integer(name))

    def boolean(self, name: str) -> bool:
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise _wrong_type(name, "true or false")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(
            isinstance(item, str) and _is_unicode(item) for item in value
        ):
            raise _wrong_type(name, "a list of strings")
        return tuple(value)


def _is_unicode(text: str) -> bool:
    """JSON can spell a lone surrogate, which no UTF-8 header, body or key can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _wrong_type(name: str, wanted: str) -> InvalidPolicyError:
    return InvalidPolicyError(f"invalid put policy encoding: {name} must be {wanted}")
