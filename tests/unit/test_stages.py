from __future__ import annotations

import contextlib

import pytest

from upgate.answers.stages import Stages


class Clock:
    """Time passes when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stages(clock: Clock) -> Stages:
    return Stages(clock)


def _spend(stages: Stages, clock: Clock, name: str, seconds: float) -> None:
    with stages.stage(name):
        clock.now += seconds


def test_the_header_tells_each_stage_in_order_and_the_whole(stages: Stages, clock: Clock) -> None:
    _spend(stages, clock, "parse", 0.003)
    clock.now += 0.005
    _spend(stages, clock, "put", 0.041)
    assert stages.header() == "parse:3;put:41;UP:49"


def test_the_header_is_never_empty(stages: Stages) -> None:
    """protocol.md 10.3: SDKs take an answer without X-Log for a hijacker's."""
    assert stages.header() == "UP:0"


def test_the_same_stage_twice_adds_up(stages: Stages, clock: Clock) -> None:
    _spend(stages, clock, "put", 0.002)
    _spend(stages, clock, "parse", 0.001)
    _spend(stages, clock, "put", 0.002)
    assert stages.milliseconds() == {"put": 4, "parse": 1}


def test_a_stage_that_fails_is_timed_too(stages: Stages, clock: Clock) -> None:
    with contextlib.suppress(ValueError), stages.stage("put"):
        clock.now += 0.007
        raise ValueError
    assert stages.milliseconds() == {"put": 7}


def test_stages_within_stages_are_timed_each(stages: Stages, clock: Clock) -> None:
    with stages.stage("outer"):
        _spend(stages, clock, "inner", 0.002)
        clock.now += 0.001
    assert stages.milliseconds() == {"inner": 2, "outer": 3}


def test_the_time_since_the_beginning_is_told(stages: Stages, clock: Clock) -> None:
    clock.now += 1.5
    assert stages.elapsed_seconds() == 1.5


def test_the_clock_of_the_machine_runs() -> None:
    stages = Stages()
    assert stages.elapsed_seconds() >= 0.0
