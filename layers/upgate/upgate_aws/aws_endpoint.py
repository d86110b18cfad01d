"""One AWS service over HTTP: a kept connection, signatures, deadlines, retries as botocore's.

Retries follow botocore's standard mode (AWS SDKs and Tools: "Retry behavior"): transport errors,
throttling and 500, 502, 503, 504, with full jitter. Errors are botocore's own classes, so that
what is written against a botocore client works against this one.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from upgate_aws import sigv4
from upgate_aws.sigv4 import Credentials, Scope

_RETRIED_STATUSES = frozenset((429, 500, 502, 503, 504))
_RETRIED_CODES = frozenset(
    (
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "SlowDown",
        "RequestTimeout",
    )
)
_BACKOFF_MOST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often one service is tried."""

    connect_seconds: float
    read_seconds: float
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


type ErrorCode = Callable[[Answer], str]


class AwsEndpoint:
    """Signed requests to one service; not for use by several threads at once."""

    def __init__(
        self,
        url: str,
        scope: Scope,
        credentials: Callable[[], Credentials],
        patience: Patience,
        error_code: ErrorCode,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = urlsplit(url)
        self._scope = scope
        self._credentials = credentials
        self._patience = patience
        self._error_code = error_code
        self._sleep = sleep
        self._connections: dict[str, http.client.HTTPConnection] = {}

    @property
    def host(self) -> str:
        """Host and port, as the Host header has them."""
        return self._url.netloc

    def close(self) -> None:
        """Close what is kept; a later request connects anew."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        host: str | None = None,
        query: str = "",
    ) -> Answer:
        """Send one request until it is answered for good.

        Raises:
            botocore.exceptions.ClientError: the service refused it.
            botocore.exceptions.EndpointConnectionError: no answer in any attempt.
        """
        host = host or self._url.netloc
        path = self._url.path.rstrip("/") + path
        for attempt in range(1, self._patience.attempts + 1):
            answer = self._attempt(method, path, query, dict(headers), body, host)
            if answer is not None and answer.status < 300:
                return answer
            if attempt == self._patience.attempts or not self._is_passing(answer):
                raise self._error(operation, answer)
            self._sleep(random.uniform(0, min(2.0 ** (attempt - 1), _BACKOFF_MOST_SECONDS)))  # noqa: S311
        raise AssertionError("a request has at least one attempt")

    def _attempt(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, host: str
    ) -> Answer | None:
        """One exchange; None where there was no answer."""
        kept = self._connections.pop(host, None)
        if kept is not None:
            answer = self._exchange(kept, method, path, query, headers, body, host)
            # A connection that was kept over a freeze is often dead; that is no failed attempt,
            # unless the patience says that nothing may be sent twice.
            if answer is not None or self._patience.attempts == 1:
                return answer
        return self._exchange(self._connect(host), method, path, query, headers, body, host)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
        host: str,
    ) -> Answer | None:
        signed = sigv4.sign(
            self._credentials(),
            self._scope,
            method,
            path,
            query,
            headers | {"host": host},
            sigv4.UNSIGNED_PAYLOAD
            if self._scope.service == "s3"
            else hashlib.sha256(body).hexdigest(),
            time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        )
        try:
            connection.request(method, f"{path}?{query}" if query else path, body or None, signed)
            response = connection.getresponse()
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
            )
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        if self._patience.attempts > 1 and not response.will_close:
            self._connections[host] = connection
        else:
            connection.close()
        return answer

    def _connect(self, host: str) -> http.client.HTTPConnection:
        if self._url.scheme == "http":
            connection = http.client.HTTPConnection(host, timeout=self._patience.connect_seconds)
        else:
            connection = http.client.HTTPSConnection(host, timeout=self._patience.connect_seconds)
        connection.auto_open = 0  # a connection that failed stays failed: one attempt, one connect
        try:
            connection.connect()
            connection.sock.settimeout(self._patience.read_seconds)
        except OSError:
            connection.close()  # the exchange that follows finds it closed: no answer
        return connection

    def _is_passing(self, answer: Answer | None) -> bool:
        return (
            answer is None
            or answer.status in _RETRIED_STATUSES
            or self._error_code(answer) in _RETRIED_CODES
        )

    def _error(self, operation: str, answer: Answer | None) -> Exception:
        from botocore.exceptions import ClientError, EndpointConnectionError

        if answer is None:
            return EndpointConnectionError(endpoint_url=self._url.geturl())
        return ClientError(
            {
                "Error": {"Code": self._error_code(answer), "Message": ""},
                "ResponseMetadata": {"HTTPStatusCode": answer.status},  # type: ignore[typeddict-item]
            },
            operation,
        )
