"""Settings that several change at once: none undoes another one's change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest

from tests.fakes import loopback
from tests.fakes.dynamodb import FakeDynamoDb
from upgate.downloads import style_store
from upgate.downloads.style_store import StyleStore
from upgate.downloads.styles import BucketSettings
from upgate.errors import InvalidArgumentError, StorageFailedError

VIEW = "imageView2/2/w/300"
CROWD = 8


@dataclass(slots=True)
class Interrupted:
    """A client of the table; `between` comes after each reading."""

    client: Any
    between: Callable[[], None] = lambda: None
    writes: int = 0

    def get_item(self, **arguments: Any) -> Any:
        found = self.client.get_item(**arguments)
        self.between()
        return found

    def put_item(self, **arguments: Any) -> Any:
        self.writes += 1
        return self.client.put_item(**arguments)


@pytest.fixture
def client() -> Iterator[Any]:
    with loopback.serve(FakeDynamoDb("ledger")) as url:
        made = boto3.session.Session("test", "test", region_name="eu-central-1").client(
            "dynamodb", endpoint_url=url
        )
        yield made
        made.close()


def store(client: Any, clock: Callable[[], float] = lambda: 0.0) -> StyleStore:
    return StyleStore(lambda: client, "ledger", clock, lambda _: None, cache_seconds=0)


def with_style(name: str) -> style_store.Change:
    return lambda before: replace(before, styles={**before.styles, name: VIEW})


def private(before: BucketSettings) -> BucketSettings:
    return replace(before, is_private=True)


@pytest.mark.parametrize("is_new", [True, False])
def test_change_is_made_of_what_somebody_wrote_meanwhile(client: Any, is_new: bool) -> None:
    others = store(client)
    if not is_new:
        others.change("demo", with_style("old"))
    slow = Interrupted(client)

    def make_private() -> None:
        slow.between = lambda: None
        others.change("demo", private)

    slow.between = make_private
    changed = store(slow).change("demo", with_style("new"))
    assert changed.is_private
    assert "new" in changed.styles
    assert others.read("demo") == changed
    assert slow.writes == 2


def test_crowd_loses_no_change(client: Any) -> None:
    start = threading.Barrier(CROWD + 1)

    def add(number: int) -> None:
        mine = store(client)
        start.wait()
        for turn in range(4):
            mine.change("demo", with_style(f"{number}-{turn}"))

    def close() -> None:
        start.wait()
        store(client).change("demo", private)

    with ThreadPoolExecutor(CROWD + 1) as pool:
        done = [pool.submit(add, number) for number in range(CROWD)] + [pool.submit(close)]
        for future in done:
            future.result(timeout=30)
    settings = store(client).read("demo")
    assert settings.is_private
    assert len(settings.styles) == CROWD * 4


def test_change_that_is_always_late_ends_in_time(client: Any) -> None:
    moments = iter(range(1000))
    slow, others = Interrupted(client), store(client)
    numbers = iter(range(1000))
    slow.between = lambda: (others.change("demo", with_style(f"s{next(numbers)}")), None)[1]
    with pytest.raises(StorageFailedError):
        store(slow, lambda: float(next(moments))).change("demo", private)
    assert 1 < slow.writes < 10


def test_change_whose_answer_was_lost_is_not_made_twice(client: Any) -> None:
    """A client repeats a PutItem without an answer, and then meets what it wrote itself."""

    class Repeating(Interrupted):
        def put_item(self, **arguments: Any) -> Any:
            self.writes += 1
            self.client.put_item(**arguments)
            return self.client.put_item(**arguments)

    calls: list[BucketSettings] = []

    def once(before: BucketSettings) -> BucketSettings:
        calls.append(before)
        return private(before)

    repeating = Repeating(client)
    assert store(repeating).change("demo", once).is_private
    assert (len(calls), repeating.writes) == (1, 1)


def test_change_that_is_none_is_not_written(client: Any) -> None:
    store(client).change("demo", private)
    counted = Interrupted(client)
    store(counted).change("demo", private)
    assert counted.writes == 0


def test_change_that_could_never_work_is_refused(client: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        store(client).change("demo", lambda before: replace(before, separators="a"))
    assert store(client).read("demo") == BucketSettings()
