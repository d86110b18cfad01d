"""Property tests try the same inputs on every machine, and new ones where they are asked to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st


def drawn(profile: str) -> list[int]:
    seen: list[int] = []

    @settings(settings.get_profile(profile), max_examples=20, database=None)
    @given(st.integers(0, 10**9))
    def look(number: int) -> None:
        seen.append(number)

    look()
    return seen


def test_two_runs_of_the_tests_try_the_same() -> None:
    assert settings.default is not None
    assert settings.default.derandomize
    assert drawn("ci") == drawn("ci")


def test_two_searches_do_not() -> None:
    assert drawn("search") != drawn("search")
