from __future__ import annotations

import pytest

from upgate.management import batch_order
from upgate.management.batch_order import Touched


def reads(*objects: str) -> Touched:
    return Touched(reads=objects)


def changes(*objects: str) -> Touched:
    return Touched(changes=objects)


@pytest.mark.parametrize(
    ("lines", "waves"),
    [
        ([], []),
        ([Touched(), Touched()], [[0, 1]]),
        ([changes("a"), changes("b")], [[0, 1]]),
        ([changes("a"), changes("b"), changes("a")], [[0, 1], [2]]),
        ([changes("a"), changes("b"), Touched(), changes("a", "b")], [[0, 1, 2], [3]]),
        ([reads("a"), reads("a"), reads("a")], [[0, 1, 2]]),
        ([reads("a"), reads("a"), changes("a")], [[0, 1], [2]]),
        ([changes("a"), reads("a"), reads("b"), changes("a")], [[0, 2], [1], [3]]),
        # copy a b; delete a: the copy is made first
        ([Touched(reads=("a",), changes=("b",)), changes("a")], [[0], [1]]),
        ([changes("a"), changes("a"), reads("a"), reads("b"), changes("b")], [[0, 3], [1, 4], [2]]),
    ],
)
def test_line_waits_for_what_changes_or_needs_its_object(
    lines: list[Touched], waves: list[list[int]]
) -> None:
    assert batch_order.waves(lines) == waves
