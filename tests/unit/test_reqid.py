from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from upgate import encoding
from upgate.answers import reqid


def test_a_published_sample_tells_its_time() -> None:
    """protocol.md 2.6: from DEV16, printed beside a Date of 13:56:34 GMT."""
    nanoseconds = reqid.time_of("-RIAAIAI8UjcgRcT")
    then = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
    assert then == datetime(2013, 8, 5, 13, 56, 34, tzinfo=UTC)


def test_a_published_sample_is_made_again() -> None:
    nanoseconds = reqid.time_of("-RIAAIAI8UjcgRcT")
    assert reqid.make(0x12F9, nanoseconds) == "-RIAAIAI8UjcgRcT"


def test_a_reqid_has_sixteen_characters_without_padding() -> None:
    assert len(reqid.make(2**32 - 1).rstrip("=")) == 16


def test_a_reqid_tells_when_it_was_made() -> None:
    before = time.time_ns()
    assert before <= reqid.time_of(reqid.make(1)) <= time.time_ns()


def test_a_process_id_beyond_32_bits_is_cut() -> None:
    assert reqid.make(2**32 + 7, 1) == reqid.make(7, 1)


@pytest.mark.parametrize(
    "text", ["", "X-Log", "-RIAAIAI8UjcgRc", encoding.encode(bytes(11)), encoding.encode(bytes(13))]
)
def test_what_is_no_reqid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        reqid.time_of(text)
