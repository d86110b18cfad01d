"""The tests' S3, which tells of every object as S3 does: at least once, some time later."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.fakes.s3 import FakeS3, StoredObject

type Created = Callable[[str, str, str], None]
"""Bucket, name and version of an object that was made."""


class EventfulS3(FakeS3):
    """`stored` has every object that ever was, the oldest first."""

    def __init__(self, created: Created) -> None:
        self._created = created
        super().__init__()

    def reset(self) -> None:
        """As new."""
        super().reset()
        self.stored: list[tuple[str, StoredObject]] = []

    def _keep(self, name: tuple[str, str], body: bytes, headers: Mapping[str, str]) -> str:
        version = super()._keep(name, body, headers)
        self.stored.append((name[1], self.objects[name]))
        self._created(*name, version)
        return version
