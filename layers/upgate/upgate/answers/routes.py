"""Every path with its methods: tells an unknown path (404) from a wrong method (405).

The template is the router; this table is for what the template's `$default` route catches.
"""

from __future__ import annotations

import re
from typing import NoReturn

from upgate.answers import missing_calls
from upgate.errors import MethodNotAllowedError, NotFoundError

_ROUTES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"/"), ("POST",)),
    (re.compile(r"/putb64/.+"), ("POST",)),
    (re.compile(r"/token"), ("POST",)),
    (re.compile(r"/(?:mkblk|bput|mkfile)/.+"), ("POST",)),
    (re.compile(r"/buckets/[^/]+/objects/(?:.*/)?uploads"), ("POST",)),
    (re.compile(r"/buckets/[^/]+/objects/(?:.*/)?uploads/[^/]+"), ("POST", "GET", "DELETE")),
    (re.compile(r"/buckets/[^/]+/objects/(?:.*/)?uploads/[^/]+/[^/]+"), ("PUT",)),
    (re.compile(r"/v[1-3]/query"), ("GET",)),
    (re.compile(r"/v4/query"), ("GET", "POST")),
    (re.compile(r"/log/.+|/v1/sdk/config(?:/user)?"), ("POST",)),
    (re.compile(r"/(?:v[23]/)?buckets|/v2/bucketInfos?|/v[23]/domains"), ("POST",)),
    (re.compile(r"/v6/domain/list|/regions|/private"), ("POST",)),
    (re.compile(r"/status/get/prefop"), ("GET", "POST")),
    (re.compile(r"/pfop/?"), ("POST",)),
    (re.compile(r"/(?:stat|delete|copy|move|chgm)/.+"), ("POST",)),
    (re.compile(r"/(?:list|batch)"), ("POST",)),
    (re.compile(r"/(?:separator|style|unstyle|accessMode|private|info)/.+"), ("POST",)),
)


def refuse(path: str, *, is_signed: bool = False) -> NoReturn:
    """Raise what a request that no route took deserves; `is_signed` by a key pair.

    Raises:
        MethodNotAllowedError: the path is known, so the method was wrong.
        NotSupportedError: it is a call of Kodo's that there is not here.
        NotFoundError: no route has this path.
    """
    refuse_wrong_method(path)
    missing_calls.refuse(path, is_signed=is_signed)
    raise NotFoundError


def refuse_wrong_method(path: str) -> None:
    """Say which methods a path of the gateway's own has; any other path is no affair of this.

    A download asks when there is no object: `GET /token` is a wrong method, unless somebody has
    stored an object under that key.

    Raises:
        MethodNotAllowedError: the path is known.
    """
    for pattern, methods in _ROUTES:
        if pattern.fullmatch(path):
            raise MethodNotAllowedError((*methods, "OPTIONS"))
