"""Limits of management calls."""

from __future__ import annotations

from typing import Any, cast

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.management import object_changes
from upgate.management.entry import Entry


class S3:
    """One object of a size, and the copies that were asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.copies = 0

    def head_object(self, **_: Any) -> dict[str, Any]:
        return {"ContentLength": self.size, "Metadata": {}, "ETag": "e"}

    def copy_object(self, **_: Any) -> None:
        self.copies += 1


def copied(size: int) -> int:
    s3 = S3(size)
    source, target = (Entry("s3-demo", name) for name in ("a", "b"))
    object_changes.copy(cast("Any", s3), source, target, force=True)
    return s3.copies


def test_object_is_copied_up_to_what_s3_copies_at_once() -> None:
    assert copied(limits.COPY_BYTES) == 1
    with pytest.raises(InvalidArgumentError):
        copied(limits.COPY_BYTES + 1)
