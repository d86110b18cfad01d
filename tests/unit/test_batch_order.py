from __future__ import annotations

import pytest

from upgate.management import batch_order


@pytest.mark.parametrize(
    ("changed", "chains"),
    [
        ([], []),
        ([(), ()], [[0], [1]]),
        ([{"a"}, {"b"}], [[0], [1]]),
        ([{"a"}, {"b"}, {"a"}], [[0, 2], [1]]),
        ([{"a"}, {"b"}, (), {"a", "b"}], [[0, 1, 3], [2]]),
        ([{"a", "b"}, {"c", "d"}, {"b", "c"}, {"e"}], [[0, 1, 2], [3]]),
    ],
)
def test_lines_that_change_one_object_are_in_one_chain_in_their_order(
    changed: list[set[str]], chains: list[list[int]]
) -> None:
    assert sorted(batch_order.chains(changed)) == chains
