"""AWS Signature Version 4 (AWS: "Create a signed AWS API request"), for requests of our own making.

Held against botocore's signer in tests/unit/test_sigv4.py. It exists because importing botocore
is two thirds of the upload function's cold start (bench/cold_start.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What Lambda puts into the environment; no secret shows in a repr."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """For which service and where a signature is good."""

    service: str
    region: str


def sign(
    credentials: Credentials,
    scope: Scope,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload_hash: str,
    timestamp: str,
) -> dict[str, str]:
    """The headers of a request with its signature added.

    `path` and `query` are encoded as they go on the wire, the query's pairs in order of name;
    `headers` have lower-case names and include `host`; `timestamp` is `20261120T120000Z`.
    """
    signed = dict(headers) | {"x-amz-date": timestamp}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    if scope.service == "s3":
        signed["x-amz-content-sha256"] = payload_hash
    names = sorted(signed)
    canonical = "\n".join(
        (
            method,
            _canonical_path(path, scope.service),
            query,
            *(f"{name}:{' '.join(signed[name].split())}" for name in names),
            "",
            ";".join(names),
            payload_hash,
        )
    )
    date = timestamp[:8]
    credential_scope = f"{date}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{timestamp}\n{credential_scope}\n{digest}"
    key = signing_key(credentials.secret_access_key, date, scope.region, scope.service)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{credential_scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return signed


def encode_path(path: str) -> str:
    """A path as S3 wants it on the wire: every byte but the unreserved ones and `/` escaped."""
    return quote(path, safe="/-_.~")


def _canonical_path(path: str, service: str) -> str:
    """S3 signs the path as sent; all other services sign it encoded once more."""
    return path if service == "s3" else quote(path, safe="/-_.~")


@lru_cache(maxsize=8)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
