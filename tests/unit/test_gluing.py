from __future__ import annotations

import pytest

from upgate.resumable import gluing
from upgate.resumable.work_names import Part

MIB = 1024 * 1024


def parts(sizes: dict[int, float]) -> dict[int, Part]:
    return {number: Part(number, int(mib * MIB), "e", "m") for number, mib in sizes.items()}


def numbers(number: int, sizes: dict[int, float]) -> list[int] | None:
    group = gluing.group_of(number, parts(sizes))
    return None if group is None else [part.number for part in group]


@pytest.mark.parametrize(
    ("number", "sizes", "expected"),
    [
        (1, {1: 4, 2: 4}, [1, 2]),
        (2, {1: 4, 2: 4}, [1, 2]),
        (2, {1: 4, 2: 4, 3: 4, 4: 4}, [1, 2]),
        (3, {2: 4, 3: 4}, None),  # no aligned pair
        (1, {1: 4}, None),
        (3, {3: 4, 4: 1}, [3, 4]),  # exactly 5 MiB
        (3, {3: 4, 4: 0.999}, None),
        (4, {1: 2, 2: 2, 3: 2, 4: 2}, [1, 2, 3, 4]),
        (4, {1: 2, 2: 2, 3: 2}, None),
        (8, dict.fromkeys(range(1, 9), 1), list(range(1, 9))),
        (7, dict.fromkeys(range(1, 9), 1), list(range(1, 9))),
        (9, dict.fromkeys(range(1, 10), 1), None),
        (8, dict.fromkeys(range(1, 9), 0.5), None),  # 4 MiB in all
        (3, {1: 4, 2: 4, 3: 1, 4: 1}, None),  # 1 and 2 are joined already
        (1, {1: 1, 2: 1, 3: 4, 4: 4}, None),  # and so are 3 and 4
        (10_000, {9_999: 4, 10_000: 4}, [9_999, 10_000]),
    ],
)
def test_smallest_aligned_group_that_is_large_enough(
    number: int, sizes: dict[int, float], expected: list[int] | None
) -> None:
    assert numbers(number, sizes) == expected


def test_group_never_exceeds_what_fits_in_memory() -> None:
    for size in (1, 2, 3, 4, 4.48):
        group = gluing.group_of(1, parts(dict.fromkeys(range(1, 9), size)))
        assert group is None or sum(part.size_bytes for part in group) < 10 * MIB
