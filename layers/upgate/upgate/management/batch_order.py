"""Which lines of a `/batch` wait for one another: those that change the same object."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence


def chains(changed: Sequence[Collection[Hashable]]) -> list[list[int]]:
    """Lines by number, in chains that may be carried out side by side, each in its own order.

    `changed` has for each line the objects that it changes; a line that changes none is alone.
    """
    leaders: list[int] = list(range(len(changed)))

    def leader(line: int) -> int:
        while leaders[line] != line:
            leaders[line] = leaders[leaders[line]]
            line = leaders[line]
        return line

    last: dict[Hashable, int] = {}
    for line, objects in enumerate(changed):
        for item in objects:
            if item in last:
                leaders[leader(last[item])] = leader(line)
            last[item] = line
    found: dict[int, list[int]] = {}
    for line in range(len(changed)):
        found.setdefault(leader(line), []).append(line)
    return list(found.values())
