"""Host discovery: `/v1/query` to `/v4/query` and `/regions`; every service is at our own origin.

More than one region would make mobile SDKs send a file again after a 579 (protocol.md 10.2, 11.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from upgate.errors import InvalidArgumentError, NoSuchAccessKeyError, NoSuchBucketError
from upgate.tokens.upload_token import KeyLookup
from upgate.variables.templates import Json

_TTL_SECONDS = 86_400
REGION = "z0"  # some SDKs know only Kodo's own names; this is the first of them
_SERVICES = ("io", "io_src", "up", "uc", "rs", "rsf", "api", "s3")  # Node wants them all
_SOURCE_ONLY = ("io", "io_src")  # in the older shapes nothing accelerates a download


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
    """The answer of `/v4/query`; domains have no scheme, a port where the origin has one.

    There is no `acc_domains`: an empty list of them is one that Android would choose from.
    """
    return {"hosts": [{"region": REGION, "ttl": _TTL_SECONDS, **_services(origin)}]}


def regions(origin: str) -> dict[str, Json]:
    """The answer of `/regions`: what Go's SDK and kodo-browser may choose from."""
    region: dict[str, Json] = {"id": REGION, "description": "Upgate", "ttl": _TTL_SECONDS}
    return {"regions": [region | _services(origin)]}


def answer_v3(origin: str) -> dict[str, Json]:
    """The answer of `/v3/query`, which Java's SDK asks: the shape of v2 in the list of v4."""
    main: dict[str, Json] = {"main": [_domain(origin)]}
    services: dict[str, Json] = {name: {"acc": main} for name in _SERVICES}
    services |= {name: {"src": main} for name in _SOURCE_ONLY}
    services["up"] = {"src": main, "acc": main}
    return {"hosts": [{"region": REGION, "ttl": _TTL_SECONDS, **services}]}


def answer_v2(origin: str) -> dict[str, Json]:
    """The answer of `/v2/query`, the older shape: JS and Ruby (protocol.md 11.1, 16)."""
    main: dict[str, Json] = {"main": [_domain(origin)]}
    with_backup = main | {"backup": []}
    services: dict[str, Json] = {name: {"acc": main, "src": main} for name in _SERVICES}
    services["up"] = {"acc": with_backup, "src": with_backup}
    return {"region": REGION, "ttl": _TTL_SECONDS, "global": False, **services}


def answer_v1(origin: str) -> dict[str, Json]:
    """The answer of `/v1/query`: Python to 7.10, Node 6, PHP 7.1, Java's old AutoZone.

    Its hosts are whole origins, ours in both lists, so that `http` is not where only https is.
    Node reads the second uploading host, and Java the address in the third.
    """
    up: Json = [origin, origin, f"-H {_domain(origin)} {origin}"]
    hosts: dict[str, Json] = {name: [origin] for name in _SERVICES if name != "s3"}
    hosts["up"] = up
    return {"ttl": _TTL_SECONDS, "http": hosts, "https": hosts}


def _services(origin: str) -> dict[str, Json]:
    domain = _domain(origin)
    services: dict[str, Json] = {name: {"domains": [domain]} for name in _SERVICES}
    services["s3"] = {"domains": [domain], "region_alias": REGION}
    return services


def _domain(origin: str) -> str:
    return urlsplit(origin).netloc
