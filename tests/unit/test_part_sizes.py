from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upgate import limits
from upgate.contents import part_sizes

COMPOSITE = "ns56DcSIfBFUENXjdhsJTIvl3Rcu"
PLAIN = "Fqr0xh3cxeii2r7eDztILNmuqUNN"
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("sizes", "text"),
    [([5], "5"), ([5, 5, 5, 1], "5*3,1"), ([1, 5, 5, 1], "1,5*2,1"), ([7] * 10_000, "7*10000")],
)
def test_equal_neighbours_are_counted(sizes: list[int], text: str) -> None:
    assert part_sizes.to_text(sizes) == text
    assert part_sizes.of(COMPOSITE, sum(sizes), text) == sizes


@given(st.lists(st.integers(1, 1 << 30), min_size=1, max_size=40))
def test_what_is_kept_comes_back(sizes: list[int]) -> None:
    text = part_sizes.to_text(sizes)
    assert len(text) <= limits.PART_SIZES_BYTES
    assert not text or part_sizes.of(COMPOSITE, sum(sizes), text) == sizes


def test_a_cut_that_takes_too_many_words_is_not_kept() -> None:
    sizes = list(range(10, 60))
    assert part_sizes.to_text(sizes) == ""


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (0, [0]),
        (5, [5]),
        (4 * MIB, [4 * MIB]),
        (4 * MIB + 1, [4 * MIB, 1]),
        (8 * MIB, [4 * MIB] * 2),
    ],
)
def test_a_plain_etag_says_the_cut_by_itself(size: int, parts: list[int]) -> None:
    assert part_sizes.of(PLAIN, size, None) == parts


@pytest.mark.parametrize("etag", [COMPOSITE, "s3-d41d8cd98f00b204e9800998ecf8427e-2"])
def test_any_other_etag_says_nothing(etag: str) -> None:
    assert part_sizes.of(etag, 5, None) is None


def test_more_parts_than_a_list_has_are_not_told() -> None:
    most = limits.LISTED_PART_SIZES * 4 * MIB
    assert len(part_sizes.of(PLAIN, most, None) or []) == limits.LISTED_PART_SIZES
    assert part_sizes.of(PLAIN, most + 1, None) is None


@pytest.mark.parametrize("text", ["", "x", "5,", "5*", "-5,10", "4", "1*99999", "5*1\n", "٥"])
def test_what_another_tool_wrote_is_not_believed(text: str) -> None:
    assert part_sizes.of(COMPOSITE, 5, text) is None
