"""One upload, known in full, that the tests of templates and answers start from."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from upgate.variables.magic_variables import MagicVariables, UploadFacts

ETAG = "Fqr0xh3cxeii2r7eDztILNmuqUNN"  # of `hello` (protocol.md 5)

_FACTS = UploadFacts(
    bucket="photos",
    etag=ETAG,
    size_bytes=5,
    mime_type="image/jpeg",
    time=datetime(2024, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=8))),
    opened=lambda: io.BytesIO(b"hello"),
    file_name="sun flower.jpg",
    end_user="u1",
    key="a/b.jpg",
)


def sample_facts(**changes: Any) -> UploadFacts:
    """The sample, with some facts changed."""
    return replace(_FACTS, **changes)


def sample_variables(**changes: Any) -> MagicVariables:
    """The sample's variables, with some facts changed."""
    return MagicVariables(sample_facts(**changes))
