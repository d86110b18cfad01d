"""Presigned URLs of S3 (AWS: "Authenticating Requests: Using Query Parameters").

Held against botocore's in tests/unit/test_presign.py; importing that would be most of a download's
cold start.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from upgate.errors import TokenExpiredError
from upgate_aws import sigv4
from upgate_aws.sigv4 import Credentials, Scope

_ALGORITHM = "AWS4-HMAC-SHA256"
_HOST_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z")


class Presigner:
    """Signs with the credentials of the moment; a URL dies with them, if that is sooner."""

    def __init__(
        self,
        url: str,
        scope: Scope,
        credentials: Callable[[], Credentials],
        *,
        path_style: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = urlsplit(url)
        self._scope = scope
        self._credentials = credentials
        self._path_style = path_style
        self._clock = clock

    def url(
        self,
        method: str,
        bucket: str,
        key: str,
        lifetime_seconds: int,
        ends_at: int | None,
        overrides: Mapping[str, str],
    ) -> str:
        """A URL for one method on one object; `overrides` are S3's `response-...` parameters.

        It works for `lifetime_seconds`, and no longer than until `ends_at` (Unix seconds).

        Raises:
            TokenExpiredError: that moment has come, and S3 knows no URL of no seconds.
        """
        credentials = self._credentials()
        now = int(self._clock())  # S3 counts the lifetime from the whole second in X-Amz-Date
        if ends_at is not None:
            lifetime_seconds = min(lifetime_seconds, ends_at - now)
        if lifetime_seconds < 1:
            raise TokenExpiredError("download url expired")
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        scope = f"{timestamp[:8]}/{self._scope.region}/{self._scope.service}/aws4_request"
        host, path = self._url.netloc, f"/{sigv4.encode_path(key)}"
        if self._path_style or not _HOST_LABEL.match(bucket):
            path = f"/{bucket}{path}"
        else:
            host = f"{bucket}.{host}"
        query = {
            **overrides,
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
            "X-Amz-Date": timestamp,
            "X-Amz-Expires": str(lifetime_seconds),
            "X-Amz-SignedHeaders": "host",
        }
        if credentials.session_token:
            query["X-Amz-Security-Token"] = credentials.session_token
        text = "&".join(
            f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items())
        )
        canonical = "\n".join(
            (method, path, text, f"host:{host}", "", "host", sigv4.UNSIGNED_PAYLOAD)
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key_bytes = sigv4.signing_key(
            credentials.secret_access_key, timestamp[:8], self._scope.region, self._scope.service
        )
        signature = hmac.digest(
            key_bytes, f"{_ALGORITHM}\n{timestamp}\n{scope}\n{digest}".encode(), "sha256"
        ).hex()
        return f"{self._url.scheme}://{host}{path}?{text}&X-Amz-Signature={signature}"
