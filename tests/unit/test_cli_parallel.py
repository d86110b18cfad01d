"""Work on several items at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from upgate_cli.parallel import in_parallel


def test_all_results_come() -> None:
    found = in_parallel(lambda n: n * n, range(50), 4, threading.Event())
    assert sorted(found) == [n * n for n in range(50)]


def test_nothing_gives_nothing() -> None:
    assert list(in_parallel(str, [], 4, threading.Event())) == []


def test_so_many_run_at_once_and_no_more() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    list(in_parallel(work, range(12), 3, threading.Event()))
    assert most == 3


def test_items_are_taken_when_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(1000):
            taken.append(n)
            yield n

    results = in_parallel(lambda _: time.sleep(0.001), items(), 2, threading.Event())
    next(results)
    assert len(taken) < 100


def test_a_failure_is_raised_after_the_others_have_ended() -> None:
    done: list[int] = []
    begun = threading.Event()

    def work(n: int) -> int:
        if n == 0:
            begun.wait(5)
            raise ValueError("first")
        begun.set()
        time.sleep(0.02)
        done.append(n)
        return n

    with pytest.raises(ValueError, match="first"):
        list(in_parallel(work, range(50), 2, threading.Event()))
    assert done == [1]


def test_a_failing_source_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("source")

    with pytest.raises(ValueError, match="source"):
        list(in_parallel(str, items(), 2, threading.Event()))


def test_who_stops_listening_cancels_the_rest() -> None:
    cancelled = threading.Event()
    results = in_parallel(lambda n: cancelled.wait(0.01) or n, range(1000), 2, cancelled)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert cancelled.is_set()


def test_after_cancelling_nothing_is_begun() -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert list(in_parallel(str, range(5), 2, cancelled)) == []
