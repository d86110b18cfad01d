"""Calls that tell of buckets: which there are, their domains, settings and region (protocol.md 12).

`/buckets`, `/v2/buckets`, `/v3/buckets`, `/v2/bucketInfo`, `/v2/bucketInfos`, `/v2/domains`,
`/v3/domains`, `/v6/domain/list`, `/regions`: what qshell, kodo-browser and the SDKs' managers ask
before anything else, some by GET and some by POST; all signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from upgate.answers import region_query
from upgate.answers.region_query import REGION
from upgate.errors import NoSuchBucketError, NotFoundError
from upgate.variables.templates import Json

if TYPE_CHECKING:
    from upgate.downloads.style_store import StyleStore
    from upgate.downloads.styles import BucketSettings


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """What there is to be told: the logical buckets, their settings and the gateway's origin."""

    buckets: Mapping[str, str]
    settings: StyleStore
    origin: str

    def answer(self, path: str, query: str) -> Json:
        """The JSON of one call.

        Raises:
            NotFoundError: no such call.
            NoSuchBucketError: of another stack, or none.
            StorageFailedError: the settings cannot be read.
        """
        call = _CALLS.get(path)
        if call is None:
            raise NotFoundError
        return call(self, {name: values[-1] for name, values in parse_qs(query).items()})

    def _names(self, fields: Mapping[str, str]) -> list[str]:
        """The buckets of a region; there is one, and who names none means all."""
        return list(self.buckets) if fields.get("region") in (None, REGION) else []

    def _buckets(self, fields: Mapping[str, str]) -> Json:
        if fields.get("apiVersion") != "v4":
            return [*self._names(fields)]
        return {"next_marker": "", "is_truncated": False, "buckets": self._listed(fields)}

    def _listed(self, fields: Mapping[str, str]) -> Json:
        return [
            {
                "id": name,
                "name": name,
                "tbl": name,
                "region": REGION,
                "zone": REGION,
                "private": self.settings.read(name).is_private,
                "global": False,
            }
            for name in self._names(fields)
        ]

    def _info(self, fields: Mapping[str, str]) -> Json:
        return _info(self.settings.read(self._named(fields, "bucket")))

    def _infos(self, fields: Mapping[str, str]) -> Json:
        return [
            {"name": name, "info": _info(self.settings.read(name))} for name in self._names(fields)
        ]

    def _domains(self, fields: Mapping[str, str]) -> Json:
        self._named(fields, "tbl")
        return [urlsplit(self.origin).netloc]

    def _described_domains(self, fields: Mapping[str, str]) -> Json:
        domain: dict[str, Json] = {
            "domain": urlsplit(self.origin).netloc,
            "tbl": self._named(fields, "tbl"),
            "domaintype": 1,  # the bucket's own, not a CDN's
            "apiscope": 0,  # Kodo's protocol, not S3's
            "refresh": False,
            "freeze_types": [],
        }
        return [domain]

    def _regions(self, _: Mapping[str, str]) -> Json:
        return region_query.regions(self.origin)

    def _named(self, fields: Mapping[str, str], name: str) -> str:
        bucket = fields.get(name, "")
        if bucket not in self.buckets:
            raise NoSuchBucketError
        return bucket


def is_told(path: str) -> bool:
    """Whether a path is one of these calls."""
    return path in _CALLS


def _info(settings: BucketSettings) -> dict[str, Json]:
    """A bucket as Kodo describes it; what a gateway has not is said to be off."""
    return {
        "source": "",
        "host": "",
        "expires": 0,
        "protected": int(settings.presets_only),
        "private": int(settings.is_private),
        "no_index_page": 1,
        "max_age": 0,
        "separator": settings.separators,
        "styles": dict(settings.styles),
        "anti_leech_mode": 0,
        "token_anti_leech_mode": 0,
        "refer_wl": [],
        "refer_bl": [],
        "source_enabled": False,
        "no_refer": True,
        "zone": REGION,
        "region": REGION,
        "global": False,
    }


_CALLS: Mapping[str, Callable[[BucketFacts, Mapping[str, str]], Json]] = {
    "/buckets": BucketFacts._buckets,
    "/v2/buckets": BucketFacts._listed,
    "/v3/buckets": BucketFacts._listed,
    "/v2/bucketInfo": BucketFacts._info,
    "/v2/bucketInfos": BucketFacts._infos,
    "/v2/domains": BucketFacts._domains,
    "/v3/domains": BucketFacts._described_domains,
    "/v6/domain/list": BucketFacts._domains,
    "/regions": BucketFacts._regions,
}
