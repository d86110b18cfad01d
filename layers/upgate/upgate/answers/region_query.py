"""Host discovery: `GET /v2/query` and `/v4/query`, one region, every service at our own origin.

More than one region would make mobile SDKs send a file again after a 579 (protocol.md 10.2, 11.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from upgate.errors import InvalidArgumentError, NoSuchAccessKeyError, NoSuchBucketError
from upgate.tokens.upload_token import KeyLookup
from upgate.variables.templates import Json

_TTL_SECONDS = 86_400
_REGION = "z0"  # some SDKs know only Kodo's own names; this is the first of them
_SERVICES = ("io", "up", "uc", "rs", "rsf", "api", "s3")  # Node wants them all


def check(query: str, keys: KeyLookup, buckets: Mapping[str, str]) -> None:
    """Refuse a query for an access key or a bucket that is not this stack's.

    Raises:
        InvalidArgumentError: `ak` or `bucket` is missing.
        NoSuchAccessKeyError, NoSuchBucketError.
    """
    fields = {name: values[-1] for name, values in parse_qs(query).items()}
    if "ak" not in fields or "bucket" not in fields:
        raise InvalidArgumentError("ak and bucket must be given")
    if keys.find(fields["ak"]) is None:
        raise NoSuchAccessKeyError
    if fields["bucket"] not in buckets:
        raise NoSuchBucketError


def answer_v4(origin: str) -> dict[str, Json]:
    """The answer of `/v4/query`; domains have no scheme, a port where the origin has one."""
    domain = _domain(origin)
    services: dict[str, Json] = {name: {"domains": [domain]} for name in _SERVICES}
    services["s3"] = {"domains": [domain], "region_alias": ""}
    return {"hosts": [{"region": _REGION, "ttl": _TTL_SECONDS, **services}]}


def answer_v2(origin: str) -> dict[str, Json]:
    """The answer of `/v2/query`, the older shape: JS and Ruby (protocol.md 11.1, 16)."""
    main: dict[str, Json] = {"main": [_domain(origin)]}
    with_backup = main | {"backup": []}
    services: dict[str, Json] = {name: {"acc": main, "src": main} for name in _SERVICES}
    services["up"] = {"acc": with_backup, "src": with_backup}
    return {"region": _REGION, "ttl": _TTL_SECONDS, "global": False, **services}


def _domain(origin: str) -> str:
    return urlsplit(origin).netloc
