from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from upgate.outbound.egress_errors import EgressAnswerTooLargeError, EgressTimeoutError
from upgate.outbound.egress_socket import Deadline, DeadlineSocket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_deadline_counts_down_on_its_clock() -> None:
    clock = Clock()
    deadline = Deadline(2.0, clock)
    clock.now += 1.5
    assert deadline.remaining_seconds() == 0.5


def test_deadline_that_is_reached_names_the_stage() -> None:
    clock = Clock()
    deadline = Deadline(2.0, clock)
    deadline.stage = "read"
    clock.now += 2.0
    with pytest.raises(EgressTimeoutError, match=r"^read: i/o timeout$"):
        deadline.remaining_seconds()


def test_read_gets_what_is_left_and_not_the_whole_timeout(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    clock = Clock()
    stream = DeadlineSocket(pair[0], Deadline(2.0, clock))
    stream.allow(10)
    pair[1].sendall(b"a")
    clock.now += 1.5
    stream.readinto(memoryview(bytearray(1)))
    assert pair[0].gettimeout() == 0.5


def test_write_gets_what_is_left_and_not_the_whole_timeout(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    clock = Clock()
    stream = DeadlineSocket(pair[0], Deadline(2.0, clock))
    clock.now += 1.5
    stream.sendall(b"a")
    assert pair[0].gettimeout() == 0.5


def test_read_after_the_deadline_is_refused_though_data_is_there(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    clock = Clock()
    stream = DeadlineSocket(pair[0], Deadline(2.0, clock))
    stream.allow(10)
    pair[1].sendall(b"a")
    clock.now += 2.0
    with pytest.raises(EgressTimeoutError):
        stream.readinto(memoryview(bytearray(1)))


def test_read_up_to_the_allowance_succeeds_and_beyond_is_refused(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    stream = DeadlineSocket(pair[0], Deadline(2.0, Clock()))
    stream.allow(3)
    pair[1].sendall(b"abcd")
    assert stream.readinto(memoryview(bytearray(10))) == 3
    with pytest.raises(EgressAnswerTooLargeError):
        stream.readinto(memoryview(bytearray(10)))


def test_close_leaves_the_connection_to_its_owner(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with DeadlineSocket(pair[0], Deadline(2.0, Clock())).makefile("rb"):
        pass
    pair[0].sendall(b"a")
    assert pair[1].recv(1) == b"a"
