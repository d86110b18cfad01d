"""What the work bucket has of one v2 upload, and what a client's list of parts makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake.multipart_body import NamedPart
from upgate.resumable import work_names
from upgate.resumable.assembly_plan import Glued
from upgate.resumable.work_bucket import Listed, WorkBucket
from upgate.resumable.work_names import Part


@dataclass(frozen=True, slots=True)
class PartPage:
    """Parts in ascending order with the time of each, and the number to go on after, or 0."""

    parts: tuple[tuple[Part, Listed], ...]
    marker: int


@dataclass(slots=True)
class UploadedParts:
    """Everything of one upload, out of listings alone; nothing is read."""

    session_id: str
    parts: dict[tuple[int, str], Part] = field(default_factory=dict)
    glued: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    is_closed: bool = False

    @classmethod
    def listed(cls, work: WorkBucket, session_id: str) -> UploadedParts:
        """One request for 1,000 names; raises StorageFailedError."""
        found = cls(session_id)
        for listed in work.list_from(work_names.session(session_id)):
            if part := work_names.parse_part(session_id, listed.name):
                found.parts[part.number, part.etag] = part
            elif group := work_names.parse_glued(session_id, listed.name):
                found.glued.setdefault(group[0], []).append((listed.name, group[1]))
            elif listed.name == work_names.closed(session_id):
                found.is_closed = True
        return found

    def choose(self, named: Sequence[NamedPart]) -> list[Part]:
        """The parts that a client names, in its order.

        Raises:
            InvalidArgumentError: one was never sent, or is too small for where it stands.
        """
        chosen: list[Part] = []
        for item in named:
            part = self.parts.get((item.number, item.etag))
            if part is None:
                raise InvalidArgumentError(f"part {item.number}: no part with this etag was sent")
            chosen.append(part)
        for part in chosen[:-1]:
            if part.size_bytes < limits.PART_BYTES:
                raise InvalidArgumentError(
                    f"part {part.number}: {part.size_bytes} bytes,"
                    f" all parts but the last need {limits.PART_BYTES}"
                )
        return chosen

    def groups(self, chosen: Sequence[Part]) -> dict[int, Glued]:
        """Glued objects that hold just the chosen parts, by the position of the first of them."""
        groups: dict[int, Glued] = {}
        for position, part in enumerate(chosen):
            for name, count in self.glued.get(part.number, ()):
                members = chosen[position : position + count]
                is_longer = position not in groups or groups[position].count < count
                if is_longer and self._is_group(name, count, members):
                    groups[position] = Glued(name, count)
        return groups

    def _is_group(self, name: str, count: int, members: Sequence[Part]) -> bool:
        numbers = [member.number for member in members]
        if numbers != list(range(numbers[0], numbers[0] + count)):
            return False
        return work_names.glued(self.session_id, members) == name


def page(work: WorkBucket, session_id: str, after: int, count: int) -> PartPage:
    """Some parts after a number; of one that was sent twice the latest.

    Raises:
        StorageFailedError: S3 failed.
    """
    latest: dict[int, tuple[Part, Listed]] = {}
    prefix = work_names.session(session_id) + "part/"
    for listed in work.list_from(prefix, work_names.parts_after(session_id, after)):
        part = work_names.parse_part(session_id, listed.name)
        if part is None:
            continue
        if part.number not in latest:
            if len(latest) == count:
                return PartPage(tuple(latest.values()), max(latest))
            latest[part.number] = part, listed
        elif latest[part.number][1].modified_at <= listed.modified_at:
            latest[part.number] = part, listed
    return PartPage(tuple(latest.values()), 0)
