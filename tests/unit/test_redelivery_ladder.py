from __future__ import annotations

import time

import pytest

from upgate.deliveries.redelivery_ladder import Ladder

LADDER = Ladder((5, 3600))


@pytest.mark.parametrize(("number", "wait"), [(0, 5), (1, 3600)])
def test_rung_is_due_after_its_wait_and_at_most_a_fifth_later(number: int, wait: int) -> None:
    before = time.time()
    for _ in range(50):
        message = LADDER.rung("u", number)
        assert message is not None
        assert (message.upload_id, message.rung) == ("u", number)
        assert before + wait - 1 <= message.due_at <= time.time() + wait * 1.2


def test_waits_differ_so_that_not_all_come_at_once() -> None:
    rungs = [LADDER.rung("u", 1) for _ in range(50)]
    assert len({message.due_at for message in rungs if message}) > 10


def test_nothing_follows_the_last_rung() -> None:
    assert LADDER.rung("u", 2) is None
