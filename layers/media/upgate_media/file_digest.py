"""`qhash/<algorithm>`: the digest of a file, as Kodo's fop of that name gives it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media.run_types import Source

_ALGORITHMS = ("md5", "sha1", "sha256")


def digest(fop: Fop, source: Source) -> Mapping[str, Any]:
    """`{"hash": <hexadecimal>, "fsize": <bytes>}`; raises BadFopError for another algorithm."""
    if len(fop.args) != 1 or fop.args[0] not in _ALGORITHMS:
        raise BadFopError(f"qhash takes one of {', '.join(_ALGORITHMS)}")
    with source.path.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.new(fop.args[0], usedforsecurity=False))
    return {"hash": found.hexdigest(), "fsize": source.size_bytes}
