"""Environment variables, typed: their names stand here and in template.yaml, nowhere else.

A missing or wrong one fails the cold start with its name, not the first request with a riddle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from urllib.parse import urlsplit

from upgate import limits
from upgate.answers.responses import CorsSettings

_GATEWAY_HOST = re.compile(r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", re.ASCII)


class ConfigError(ValueError):
    """A variable of the function's environment is missing or wrong; names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """What every function behind the HTTP API needs."""

    cors: CorsSettings
    standard_status: bool
    public_url: str | None
    """Origin to give to clients; None: the one that the request came to."""
    is_local: bool
    """Whether AWS is on this machine: true with the local emulator and nowhere else."""

    def origin(self, requested: str) -> str:
        """Scheme and host to give to a client whose request came to the origin `requested`."""
        return self.public_url or requested

    def host(self, requested: str) -> str:
        """Host in whose name a client signs, of a request whose Host header is `requested`.

        Behind CloudFront that header is the API's own, which no client has heard of (aws.md 2).
        """
        if self.public_url and _GATEWAY_HOST.fullmatch(requested):
            return urlsplit(self.public_url).netloc
        return requested


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadConfig:
    """The upload function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    ledger_table: str
    keys_secret: str
    callback_function: str
    avinfo_function: str
    callback_budget_seconds: float
    redelivery_queue: str
    redelivery_waits: tuple[int, ...]
    redirect_status: int
    deadline_required: bool
    time_zone: timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumableConfig:
    """The resumable function's environment: an upload's, and where blocks and parts wait."""

    upload: UploadConfig
    work_bucket: str
    glue_function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueConfig:
    """The glue function's environment."""

    work_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryConfig:
    """The query function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    keys_secret: str
    ledger_table: str
    ops_queue: str
    time_zone: timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageConfig:
    """The manage function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    keys_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncOpsConfig:
    """The asyncops function's environment."""

    buckets: Mapping[str, str]
    work_bucket: str
    ledger_table: str
    ops_queue: str
    heavy_queue: str
    """Where work goes that would take too long here; empty: nowhere."""
    redelivery_queue: str
    callback_function: str
    result_days: int
    time_zone: timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadConfig:
    """The download function's environment; the first of `buckets` is the one it serves."""

    http: HttpConfig
    buckets: Mapping[str, str]
    work_bucket: str
    ledger_table: str
    keys_secret: str
    ops_queue: str
    callback_function: str
    result_days: int
    url_lifetime_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """The token function's environment."""

    http: HttpConfig
    buckets: Mapping[str, str]
    ledger_table: str
    keys_secret: str
    token_lifetime_seconds: int
    time_zone: timezone
    """Of the days that quotas count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackConfig:
    """The callback function's environment."""

    keys_secret: str
    callback_hosts: frozenset[str]
    is_local: bool
    ledger_table: str
    listens: bool
    """Whether `upgate listen` may take callbacks to a developer's machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryConfig:
    """The redelivery function's environment; `waits` are the ladder's seconds."""

    ledger_table: str
    queue: str
    dead_letters: str
    callback_function: str
    waits: tuple[int, ...]


def upload_config(environ: Mapping[str, str]) -> UploadConfig:
    """Read the upload function's environment; raises ConfigError."""
    return UploadConfig(
        http=_http(environ),
        buckets=_read(environ, "UPGATE_BUCKETS", _buckets),
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        keys_secret=_read(environ, "UPGATE_KEYS_SECRET", str),
        callback_function=_read(environ, "UPGATE_CALLBACK_FUNCTION", str),
        avinfo_function=_read(environ, "UPGATE_AVINFO_FUNCTION", str),
        callback_budget_seconds=_read(
            environ, "UPGATE_CALLBACK_BUDGET_SECONDS", _number(1, 20), "8"
        ),
        redelivery_queue=_read(environ, "UPGATE_REDELIVERY_QUEUE", str),
        redelivery_waits=_read(environ, "UPGATE_REDELIVERY_WAITS", _waits),
        redirect_status=_read(environ, "UPGATE_REDIRECT_STATUS", _redirect_status, "301"),
        deadline_required=_read(environ, "UPGATE_DEADLINE_REQUIRED", _boolean, "false"),
        time_zone=_read(environ, "UPGATE_TIME_ZONE", _time_zone, "+08:00"),
    )


def resumable_config(environ: Mapping[str, str]) -> ResumableConfig:
    """Read the resumable function's environment; raises ConfigError."""
    return ResumableConfig(
        upload=upload_config(environ),
        work_bucket=_read(environ, "UPGATE_WORK_BUCKET", str),
        glue_function=_read(environ, "UPGATE_GLUE_FUNCTION", str),
    )


def glue_config(environ: Mapping[str, str]) -> GlueConfig:
    """Read the glue function's environment; raises ConfigError."""
    return GlueConfig(work_bucket=_read(environ, "UPGATE_WORK_BUCKET", str))


def query_config(environ: Mapping[str, str]) -> QueryConfig:
    """Read the query function's environment; raises ConfigError."""
    return QueryConfig(
        http=_http(environ),
        buckets=_read(environ, "UPGATE_BUCKETS", _buckets),
        keys_secret=_read(environ, "UPGATE_KEYS_SECRET", str),
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        ops_queue=_read(environ, "UPGATE_OPS_QUEUE", str),
        time_zone=_read(environ, "UPGATE_TIME_ZONE", _time_zone, "+08:00"),
    )


def manage_config(environ: Mapping[str, str]) -> ManageConfig:
    """Read the manage function's environment; raises ConfigError."""
    return ManageConfig(
        http=_http(environ),
        buckets=_read(environ, "UPGATE_BUCKETS", _buckets),
        keys_secret=_read(environ, "UPGATE_KEYS_SECRET", str),
    )


def asyncops_config(environ: Mapping[str, str]) -> AsyncOpsConfig:
    """Read the asyncops function's environment; raises ConfigError."""
    return AsyncOpsConfig(
        buckets=_read(environ, "UPGATE_BUCKETS", _buckets),
        work_bucket=_read(environ, "UPGATE_WORK_BUCKET", str),
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        ops_queue=_read(environ, "UPGATE_OPS_QUEUE", str),
        heavy_queue=environ.get("UPGATE_HEAVY_QUEUE", ""),
        redelivery_queue=_read(environ, "UPGATE_REDELIVERY_QUEUE", str),
        callback_function=_read(environ, "UPGATE_CALLBACK_FUNCTION", str),
        result_days=int(_read(environ, "UPGATE_RESULT_DAYS", _number(2, 36_500), "365")),
        time_zone=_read(environ, "UPGATE_TIME_ZONE", _time_zone, "+08:00"),
    )


def download_config(environ: Mapping[str, str]) -> DownloadConfig:
    """Read the download function's environment; raises ConfigError."""
    return DownloadConfig(
        http=_http(environ),
        buckets=_read(environ, "UPGATE_BUCKETS", _buckets),
        work_bucket=_read(environ, "UPGATE_WORK_BUCKET", str),
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        keys_secret=_read(environ, "UPGATE_KEYS_SECRET", str),
        ops_queue=_read(environ, "UPGATE_OPS_QUEUE", str),
        callback_function=_read(environ, "UPGATE_CALLBACK_FUNCTION", str),
        result_days=int(_read(environ, "UPGATE_RESULT_DAYS", _number(2, 36_500), "365")),
        url_lifetime_seconds=int(
            _read(environ, "UPGATE_DOWNLOAD_URL_SECONDS", _number(60, 43_200), "3600")
        ),
    )


def token_config(environ: Mapping[str, str]) -> TokenConfig:
    """Read the token function's environment; raises ConfigError."""
    return TokenConfig(
        http=_http(environ),
        buckets=_read(environ, "UPGATE_BUCKETS", _buckets),
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        keys_secret=_read(environ, "UPGATE_KEYS_SECRET", str),
        token_lifetime_seconds=int(
            _read(environ, "UPGATE_TOKEN_LIFETIME_SECONDS", _number(1, 604_800), "3600")
        ),
        time_zone=_read(environ, "UPGATE_TIME_ZONE", _time_zone, "+08:00"),
    )


def callback_config(environ: Mapping[str, str]) -> CallbackConfig:
    """Read the callback function's environment; raises ConfigError."""
    return CallbackConfig(
        keys_secret=_read(environ, "UPGATE_KEYS_SECRET", str),
        callback_hosts=frozenset(_list(environ.get("UPGATE_CALLBACK_HOSTS", ""))),
        is_local=_is_local(environ),
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        listens=_read(environ, "UPGATE_CALLBACK_LISTEN", _boolean, "false"),
    )


def redelivery_config(environ: Mapping[str, str]) -> RedeliveryConfig:
    """Read the redelivery function's environment; raises ConfigError."""
    return RedeliveryConfig(
        ledger_table=_read(environ, "UPGATE_LEDGER_TABLE", str),
        queue=_read(environ, "UPGATE_REDELIVERY_QUEUE", str),
        dead_letters=_read(environ, "UPGATE_REDELIVERY_DEAD_LETTERS", str),
        callback_function=_read(environ, "UPGATE_CALLBACK_FUNCTION", str),
        waits=_read(environ, "UPGATE_REDELIVERY_WAITS", _waits),
    )


def _http(environ: Mapping[str, str]) -> HttpConfig:
    return HttpConfig(
        cors=CorsSettings(_list(environ.get("UPGATE_CORS_ORIGINS") or "*")),
        standard_status=_read(environ, "UPGATE_STATUS_MODE", _status_mode, "protocol"),
        public_url=(environ.get("UPGATE_PUBLIC_URL") or "").rstrip("/") or None,
        is_local=_is_local(environ),
    )


def _is_local(environ: Mapping[str, str]) -> bool:
    """Nobody can deploy this by mistake: with such an endpoint no call to AWS would succeed."""
    return _read(environ, "AWS_ENDPOINT_URL", _is_loopback, "")


def _read[T](
    environ: Mapping[str, str], name: str, read: Callable[[str], T], default: str | None = None
) -> T:
    text = environ.get(name) or default
    if text is None:
        raise ConfigError(f"{name} is not set")
    try:
        return read(text)
    except ValueError as error:
        raise ConfigError(f"{name} is wrong: {error}") from error


def _buckets(text: str) -> Mapping[str, str]:
    buckets = json.loads(text)
    if not isinstance(buckets, dict) or not buckets:
        raise ValueError("not a JSON object of logical bucket to S3 bucket")
    if not all(name and bucket and isinstance(bucket, str) for name, bucket in buckets.items()):
        raise ValueError("a bucket without a name")
    return buckets


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _waits(text: str) -> tuple[int, ...]:
    waits = tuple(int(item) for item in text.split(","))
    if len(waits) > limits.REDELIVERY_RUNGS:
        raise ValueError(f"must be {limits.REDELIVERY_RUNGS} numbers at most")
    if not all(0 <= wait <= limits.REDELIVERY_WAIT_SECONDS for wait in waits):
        raise ValueError(f"must be 0 to {limits.REDELIVERY_WAIT_SECONDS} seconds each")
    return waits


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[_one_of(text, "true", "false")]


def _redirect_status(text: str) -> int:
    return int(_one_of(text, "301", "303"))


def _status_mode(text: str) -> bool:
    return _one_of(text, "protocol", "standard") == "standard"


def _one_of(text: str, *allowed: str) -> str:
    if text not in allowed:
        raise ValueError(f"must be {' or '.join(allowed)}")
    return text


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not least <= number <= most:
            raise ValueError(f"must be {least} to {most}")
        return number

    return read


def _time_zone(text: str) -> timezone:
    match = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", text, re.ASCII)
    if not match:
        raise ValueError("must look like +08:00")
    sign = -1 if match[1] == "-" else 1
    return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))
