"""Which lines of a `/batch` wait for others: one that changes an object, and one that needs it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import NamedTuple


class Touched(NamedTuple):
    """The objects that a line reads, and those that it changes."""

    reads: Collection[Hashable] = ()
    changes: Collection[Hashable] = ()


def waves(lines: Sequence[Touched]) -> list[list[int]]:
    """Lines by number, in waves: those of one wave may be carried out side by side.

    Lines that only read an object are not held back by one another.
    """
    found: list[list[int]] = []
    read: dict[Hashable, int] = {}
    changed: dict[Hashable, int] = {}  # by object, the last wave that does
    for number, line in enumerate(lines):
        after = [changed.get(item, -1) for item in (*line.reads, *line.changes)]
        after += [read.get(item, -1) for item in line.changes]
        wave = max(after, default=-1) + 1
        for item in line.reads:
            read[item] = max(wave, read.get(item, -1))
        changed.update(dict.fromkeys(line.changes, wave))
        if wave == len(found):
            found.append([])
        found[wave].append(number)
    return found
