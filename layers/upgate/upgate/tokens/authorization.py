"""Who may upload, and what: from a token, wherever it was carried, to the policy it grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upgate.errors import BadTokenError, NoSuchBucketError, TokenMissingError
from upgate.tokens import put_policy, upload_token
from upgate.tokens.keys import KeyPair
from upgate.tokens.put_policy import PutPolicy
from upgate.tokens.upload_token import KeyLookup

_SCHEME = "uptoken"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token allows, who signed it, and the S3 bucket that its scope means."""

    policy: PutPolicy
    key_pair: KeyPair
    s3_bucket: str


def authorize(
    token: str,
    keys: KeyLookup,
    buckets: Mapping[str, str],
    now_seconds: float,
    *,
    deadline_required: bool = False,
) -> Grant:
    """Check a token from its signature to its bucket, in DESIGN's order.

    `buckets` maps logical buckets, as scopes name them, to S3 buckets.

    Raises:
        TokenError: missing, badly signed, not a policy, or past its deadline.
        InvalidArgumentError: the policy contradicts itself or lacks something.
        NoSuchBucketError: the scope's bucket is not in `buckets`.
    """
    verified = upload_token.verify(token, keys)
    policy = put_policy.parse(verified.policy)
    put_policy.check_deadline(policy, now_seconds, required=deadline_required)
    s3_bucket = buckets.get(policy.scope.bucket)
    if s3_bucket is None:
        raise NoSuchBucketError
    return Grant(policy, verified.key_pair, s3_bucket)


def upload_token_of(authorization: str | None) -> str:
    """Take the token out of the header `Authorization: UpToken <token>`, not yet verified.

    The scheme's case does not matter (RFC 9110, 11.1; protocol.md 2.7 and 3).

    Raises:
        TokenMissingError: no header, or a scheme with nothing after it.
        BadTokenError: another scheme, or more than one word after it.
    """
    scheme, _, token = (authorization or "").strip(" ").partition(" ")
    token = token.strip(" ")
    if not scheme:
        raise TokenMissingError
    if scheme.lower() != _SCHEME or " " in token:
        raise BadTokenError
    if not token:
        raise TokenMissingError
    return token
