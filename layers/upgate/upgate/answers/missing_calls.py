"""Kodo's calls that this gateway does not have: refused by name, not as files that are not there.

The names are those of the official SDKs' managers and of qshell.
"""

from __future__ import annotations

import re

from upgate.errors import NotSupportedError

_ON_OBJECTS = (
    *("chtype", "chstatus", "restoreAr", "deleteAfterDays", "lifecycle", "fetch", "prefetch"),
    *("sisyphus/fetch", "v2/list", "append", "concat"),
)
_ON_BUCKETS = (
    *("mkbucket", "mkbucket2", "mkbucketv2", "mkbucketv3", "drop", "image", "unimage"),
    *("maxAge", "noIndexPage", "referAntiLeech", "bucketTagging", "imgsft", "share", "shares"),
    *("getbucketquota", "setbucketquota", "corsRules/set", "corsRules/get"),
    *("rules/add", "rules/get", "rules/update", "rules/delete"),
    *("events/add", "events/get", "events/update", "events/delete"),
)
_ELSEWHERE = (
    *("domain", "v7/domain/list", "cert/bindings", "sslcert", "v2/tune/refresh"),
    *("v2/tune/prefetch", "v2/tune/bandwidth", "v2/tune/flux", "v2/tune/log/list"),
)
_NAMES = frozenset((*_ON_OBJECTS, *_ON_BUCKETS, *_ELSEWHERE))
_MOST_SEGMENTS = max(name.count("/") for name in _NAMES) + 1

# What a signed call that nobody knows is called: its first word, behind a version if it has one.
_FIRST_WORD = re.compile(r"/+((?:v[0-9]{1,2}/)?[A-Za-z][A-Za-z0-9_-]{0,31})(?=/|\Z)")


def refuse(path: str, *, is_signed: bool = False) -> None:
    """Say which call there is not; any other path is no affair of this.

    `is_signed` by a key pair: then it is some management call, whatever its name.

    Raises:
        NotSupportedError.
    """
    name = _name(path)
    if name is None and is_signed and (match := _FIRST_WORD.match(path)):
        name = match[1]
    if name is not None:
        raise NotSupportedError(name)


def _name(path: str) -> str | None:
    segments = path.lstrip("/").split("/", _MOST_SEGMENTS)
    names = ("/".join(segments[:count]) for count in range(_MOST_SEGMENTS, 0, -1))
    return next((name for name in names if name in _NAMES), None)
