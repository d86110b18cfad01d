"""Parts of a v2 upload become objects of an S3 part's size while they arrive.

A request carries less than S3 wants in a part, so neighbours are joined: numbers 1 and 2, 3 and 4;
with small parts four or eight. Whoever sees such a group complete writes it, from the bytes at
hand and those of the others. Two may do it: same name, same bytes. What nobody joined, because
somebody failed or the numbers have gaps, is joined at complete.
"""

from __future__ import annotations

from collections.abc import Mapping

from upgate import limits
from upgate.contents.content import BufferedContent
from upgate.intake.upload_request import Content
from upgate.resumable import work_names
from upgate.resumable.work_bucket import WorkBucket
from upgate.resumable.work_names import Part

_GROUP_SIZES = (2, 4, 8)


def group_of(number: int, parts: Mapping[int, Part]) -> tuple[Part, ...] | None:
    """The group that this part completes: aligned, without gap, large enough; None if none.

    The smallest one, so that no part is read for two; and none with a smaller group in it that is
    large enough itself, since that one's bytes are joined already.
    """
    for size in _GROUP_SIZES:
        numbers = _aligned(number, size)
        if any(other not in parts for other in numbers):
            return None
        if _total(parts, numbers) >= limits.S3_PART_BYTES:
            is_joined_in_part = any(
                _total(parts, half) >= limits.S3_PART_BYTES
                for half in (numbers[: size // 2], numbers[size // 2 :])
            )
            return None if is_joined_in_part else tuple(parts[other] for other in numbers)
    return None


def glue(work: WorkBucket, session_id: str, part: Part, data: Content) -> None:
    """Write the group that a part, which is stored by now, completes; often there is none.

    Raises:
        StorageFailedError: not joined; complete can do without.
    """
    group = group_of(part.number, _neighbours(work, session_id, part))
    if group is None:
        return
    joined = bytearray(sum(item.size_bytes for item in group))
    view, position = memoryview(joined), 0
    for item in group:
        place = view[position : position + item.size_bytes]
        if item is part:
            place[:] = data
        else:
            work.read_into(work_names.part_piece(session_id, item), place)
        position += item.size_bytes
    work.put(work_names.glued(session_id, group), BufferedContent(joined))


def _neighbours(work: WorkBucket, session_id: str, part: Part) -> dict[int, Part]:
    """The parts of the largest group with this one in it; of a number sent twice the latest."""
    numbers = _aligned(part.number, _GROUP_SIZES[-1])
    latest: dict[int, tuple[int, Part]] = {}
    prefix = work_names.session(session_id) + "part/"
    for listed in work.list_from(prefix, work_names.parts_after(session_id, numbers[0] - 1)):
        item = work_names.parse_part(session_id, listed.name)
        if item is None or item.number > numbers[-1]:
            break
        if item.number not in latest or latest[item.number][0] <= listed.modified_at:
            latest[item.number] = listed.modified_at, item
    return {number: item for number, (_, item) in latest.items()} | {part.number: part}


def _aligned(number: int, size: int) -> range:
    first = (number - 1) // size * size + 1
    return range(first, first + size)


def _total(parts: Mapping[int, Part], numbers: range) -> int:
    return sum(parts[number].size_bytes for number in numbers)
