"""Environment variables, typed: their names stand here and in template.yaml, nowhere else.

A missing or wrong one fails the cold start with its name, not the first request with a riddle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from urllib.parse import urlsplit

from upgate import limits


class ConfigError(ValueError):
    """A variable of the function's environment is missing or wrong; names it."""


class Variables:
    """What a function's environment says; each property raises ConfigError."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @property
    def buckets(self) -> Mapping[str, str]:
        """Logical bucket, as scopes name it, to S3 bucket."""
        return self._read("UPGATE_BUCKETS", _buckets)

    @property
    def work_bucket(self) -> str:
        """S3 bucket of pieces and results."""
        return self._read("UPGATE_WORK_BUCKET", str)

    @property
    def ledger_table(self) -> str:
        """DynamoDB table."""
        return self._read("UPGATE_LEDGER_TABLE", str)

    @property
    def keys_secret(self) -> str:
        """Secret of the key pairs."""
        return self._read("UPGATE_KEYS_SECRET", str)

    @property
    def callback_function(self) -> str:
        """Name of the function that calls business servers."""
        return self._read("UPGATE_CALLBACK_FUNCTION", str)

    @property
    def avinfo_function(self) -> str:
        """Name of the function that describes audio and video."""
        return self._read("UPGATE_AVINFO_FUNCTION", str)

    @property
    def glue_function(self) -> str:
        """Name of the function that carries out shares of an assembly."""
        return self._read("UPGATE_GLUE_FUNCTION", str)

    @property
    def ops_queue(self) -> str:
        """URL of the queue of operations."""
        return self._read("UPGATE_OPS_QUEUE", str)

    @property
    def event_queue(self) -> str:
        """URL of the queue of S3's events."""
        return self._read("UPGATE_EVENT_QUEUE", str)

    @property
    def heavy_queue(self) -> str:
        """URL of the queue of work that takes too long elsewhere; empty: there is none."""
        return self._environ.get("UPGATE_HEAVY_QUEUE", "")

    @property
    def redelivery_queue(self) -> str:
        """URL of the queue of callbacks that are owed."""
        return self._read("UPGATE_REDELIVERY_QUEUE", str)

    @property
    def redelivery_dead_letters(self) -> str:
        """URL of the queue of callbacks that were given up."""
        return self._read("UPGATE_REDELIVERY_DEAD_LETTERS", str)

    @property
    def redelivery_waits(self) -> tuple[int, ...]:
        """Seconds before each redelivery."""
        return self._read("UPGATE_REDELIVERY_WAITS", _waits)

    @property
    def callback_budget_seconds(self) -> float:
        """Time for all URLs of one callback."""
        return self._read("UPGATE_CALLBACK_BUDGET_SECONDS", _number(1, 20), "8")

    @property
    def callback_hosts(self) -> frozenset[str]:
        """Hosts that callbacks may go to; empty: any public one."""
        return frozenset(_list(self._environ.get("UPGATE_CALLBACK_HOSTS", "")))

    @property
    def callback_listen(self) -> bool:
        """Whether `upgate listen` may take callbacks to a developer's machine."""
        return self._read("UPGATE_CALLBACK_LISTEN", _boolean, "false")

    @property
    def redirect_status(self) -> int:
        """301 or 303."""
        return self._read("UPGATE_REDIRECT_STATUS", _redirect_status, "301")

    @property
    def deadline_required(self) -> bool:
        """Whether a token without a deadline is refused."""
        return self._read("UPGATE_DEADLINE_REQUIRED", _boolean, "false")

    @property
    def time_zone(self) -> timezone:
        """Of time variables, and of the days that quotas count."""
        return self._read("UPGATE_TIME_ZONE", _time_zone, "+08:00")

    @property
    def result_days(self) -> int:
        """Days that results are kept."""
        return int(self._read("UPGATE_RESULT_DAYS", _number(2, 36_500), "365"))

    @property
    def download_url_seconds(self) -> int:
        """How long the S3 URL behind a download works."""
        return int(self._read("UPGATE_DOWNLOAD_URL_SECONDS", _number(60, 43_200), "3600"))

    @property
    def token_lifetime_seconds(self) -> int:
        """Of a token whose preset names none."""
        return int(self._read("UPGATE_TOKEN_LIFETIME_SECONDS", _number(1, 604_800), "3600"))

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """Origins that browsers may come from."""
        return _list(self._environ.get("UPGATE_CORS_ORIGINS") or "*")

    @property
    def standard_status(self) -> bool:
        """Whether standard status numbers stand for the protocol's own."""
        return self._read("UPGATE_STATUS_MODE", _status_mode, "protocol")

    @property
    def public_url(self) -> str | None:
        """Origin to give to clients; None: the one that the request came to."""
        return (self._environ.get("UPGATE_PUBLIC_URL") or "").rstrip("/") or None

    @property
    def is_local(self) -> bool:
        """Whether AWS is on this machine.

        Nobody can deploy this by mistake: with such an endpoint no call to AWS would succeed.
        """
        return self._read("AWS_ENDPOINT_URL", _is_loopback, "")

    def _read[T](self, name: str, read: Callable[[str], T], default: str | None = None) -> T:
        text = self._environ.get(name) or default
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
