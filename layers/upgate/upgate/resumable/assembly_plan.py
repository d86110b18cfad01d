"""How pieces become the parts of one S3 multipart upload.

S3 wants 5 MiB in every part but the last. A group that was glued is copied by S3 itself and costs
no bytes here; what stands between is read and joined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upgate import limits
from upgate.errors import FileTooLargeError
from upgate.resumable.piece import Piece

# One invocation moves about 60 MB/s (aws.md 3) and shall be done in ten seconds; copies, which S3
# does itself, cost it a request each.
JOINED_BYTES_PER_INVOCATION = 600_000_000
COPIES_PER_INVOCATION = 1_000
INVOCATIONS = 64


# Joins are made in memory, several side by side. A group has less than 10 MiB and what waits for
# it less than 5, so every join can be kept below this.
_JOIN_BYTES = 3 * limits.S3_PART_BYTES


@dataclass(frozen=True, slots=True)
class Copy:
    """An object of the work bucket as one part."""

    name: str


@dataclass(frozen=True, slots=True)
class Join:
    """Pieces, read and sent as one part."""

    pieces: tuple[Piece, ...]


type PlannedPart = Copy | Join


@dataclass(frozen=True, slots=True)
class Glued:
    """An object that holds `count` pieces, which stand one after the other in the upload."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class _Draft:
    """A part that may still grow; `copy_of` is the object that holds just these pieces."""

    pieces: tuple[Piece, ...]
    copy_of: str | None = None

    @property
    def size_bytes(self) -> int:
        return sum(piece.size_bytes for piece in self.pieces)

    def with_more(self, pieces: Sequence[Piece]) -> _Draft:
        return _Draft((*self.pieces, *pieces)) if pieces else self

    def planned(self) -> PlannedPart:
        return Join(self.pieces) if self.copy_of is None else Copy(self.copy_of)


def plan(pieces: Sequence[Piece], glued: Mapping[int, Glued]) -> list[PlannedPart]:
    """The parts in order, all but the last of 5 MiB or more; none for an empty content.

    One piece alone is a Join: it needs no multipart upload.

    Args:
        pieces: in the order of the content.
        glued: by the position of the first of its pieces.

    Raises:
        FileTooLargeError: more parts than S3 takes.
    """
    drafts: list[_Draft] = []
    waiting: list[Piece] = []
    position = 0
    while position < len(pieces):
        if group := glued.get(position):
            members = pieces[position : position + group.count]
            drafts += _with_group(drafts, waiting, _Draft(tuple(members), group.name))
            waiting.clear()
            position += group.count
            continue
        if pieces[position].size_bytes:
            waiting.append(pieces[position])
        if sum(piece.size_bytes for piece in waiting) >= limits.S3_PART_BYTES:
            drafts.append(_Draft(tuple(waiting)))
            waiting.clear()
        position += 1
    if waiting:
        is_copy = drafts and len(waiting) == 1
        drafts.append(_Draft(tuple(waiting), waiting[0].name if is_copy else None))
    if len(drafts) > limits.S3_PARTS:
        raise FileTooLargeError(f"the upload needs more than {limits.S3_PARTS} parts in S3")
    return [draft.planned() for draft in drafts]


def shares(parts: Sequence[PlannedPart]) -> list[list[tuple[int, PlannedPart]]]:
    """Numbered parts by invocation, each with about the same work."""
    costs = [_cost(part) for part in parts]
    total = sum(costs) or 1.0  # an empty content costs nothing
    count = min(max(1, math.ceil(total)), INVOCATIONS, max(1, len(parts)))
    result: list[list[tuple[int, PlannedPart]]] = [[] for _ in range(count)]
    done = 0.0
    for number, (part, cost) in enumerate(zip(parts, costs, strict=True), 1):
        result[min(int((done + cost / 2) / total * count), count - 1)].append((number, part))
        done += cost
    return [share for share in result if share]


def joined_bytes(parts: Sequence[PlannedPart]) -> int:
    """What has to be read and sent again."""
    return sum(
        piece.size_bytes for part in parts if isinstance(part, Join) for piece in part.pieces
    )


def _with_group(drafts: list[_Draft], waiting: list[Piece], group: _Draft) -> list[_Draft]:
    """The drafts to add for a group after pieces that are too few for a part of their own.

    They go to the part before where that stays below _JOIN_BYTES, else to the group's own.
    """
    if not waiting:
        return [group]
    if drafts and drafts[-1].size_bytes + sum(piece.size_bytes for piece in waiting) < _JOIN_BYTES:
        drafts[-1] = drafts[-1].with_more(waiting)
        return [group]
    return [_Draft(tuple(waiting)).with_more(group.pieces)]


def _cost(part: PlannedPart) -> float:
    if isinstance(part, Copy):
        return 1 / COPIES_PER_INVOCATION
    return sum(piece.size_bytes for piece in part.pieces) / JOINED_BYTES_PER_INVOCATION
