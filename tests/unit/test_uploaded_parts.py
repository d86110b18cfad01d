from __future__ import annotations

import pytest

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.intake.multipart_body import NamedPart
from upgate.resumable import work_names
from upgate.resumable.assembly_plan import Glued
from upgate.resumable.uploaded_parts import UploadedParts
from upgate.resumable.work_names import Part

MIB = 1024 * 1024


def part(number: int, etag: str = "e", mib: float = 4) -> Part:
    return Part(number, int(mib * MIB), etag, "m")


def uploaded(parts: list[Part], *groups: list[Part]) -> UploadedParts:
    found = UploadedParts("id", {(item.number, item.etag): item for item in parts})
    for group in groups:
        name = work_names.glued("id", group)
        found.glued.setdefault(group[0].number, []).append((name, len(group)))
    return found


def test_group_of_just_the_chosen_parts_is_found_at_its_position() -> None:
    parts = [part(number) for number in range(1, 5)]
    name = work_names.glued("id", parts[2:])
    assert uploaded(parts, parts[2:]).groups(parts) == {2: Glued(name, 2)}


def test_group_with_a_replaced_part_is_not_used() -> None:
    old, new = [part(1), part(2, "old")], [part(1), part(2, "new")]
    assert uploaded(old + new, old).groups(new) == {}
    assert 0 in uploaded(old + new, old, new).groups(new)


@pytest.mark.parametrize("chosen", [[1], [1, 3], [2, 3]])
def test_group_whose_parts_are_not_all_chosen_is_not_used(chosen: list[int]) -> None:
    parts = [part(number) for number in range(1, 4)]
    picked = [item for item in parts if item.number in chosen]
    assert uploaded(parts, parts[:2]).groups(picked) == {}


def test_of_two_groups_at_one_place_the_longer_is_used() -> None:
    parts = [part(number) for number in range(1, 5)]
    assert uploaded(parts, parts[:2], parts).groups(parts)[0].count == 4


def test_last_part_may_be_small_and_no_other() -> None:
    found = uploaded([part(1, mib=1), part(2, mib=0.99), part(3, mib=0)])
    assert len(found.choose([NamedPart(1, "e"), NamedPart(2, "e")])) == 2
    with pytest.raises(InvalidArgumentError, match="part 2: "):
        found.choose([NamedPart(2, "e"), NamedPart(3, "e")])


def test_part_of_just_the_least_size_may_stand_anywhere_and_a_byte_less_may_not() -> None:
    named = [NamedPart(1, "e"), NamedPart(2, "e")]
    least = Part(1, limits.PART_BYTES, "e", "m")
    assert uploaded([least, part(2)]).choose(named) == [least, part(2)]
    with pytest.raises(InvalidArgumentError, match="part 1: "):
        uploaded([Part(1, limits.PART_BYTES - 1, "e", "m"), part(2)]).choose(named)


def test_part_with_another_etag_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="part 1: no part with this etag"):
        uploaded([part(1)]).choose([NamedPart(1, "other")])
