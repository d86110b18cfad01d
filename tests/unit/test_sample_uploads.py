"""examples/business_server: a delivery is worked on once, whoever comes with it and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from business_server.callback import Callback
from business_server.uploads import Uploads


def test_attempts_at_the_same_time_get_the_first_ones_answer(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "db")

    def attempt(number: int) -> str:
        return uploads.record("/cb", Callback("same", {"name": "a"}), {"number": number})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))
    assert len(set(answers)) == 1
    assert uploads.count() == 1


def test_other_deliveries_are_kept_beside_it(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "db")
    first = uploads.record("/cb", Callback("one", {}), {"n": 1})
    assert uploads.record("/cb", Callback("two", {}), {"n": 2}) != first
    assert uploads.count() == 2


def test_answer_survives_the_server(tmp_path: Path) -> None:
    first = Uploads(tmp_path / "db").record("/cb", Callback("one", {}), {"n": 1})
    assert Uploads(tmp_path / "db").record("/cb", Callback("one", {}), {"n": 2}) == first


def test_delivery_whose_work_failed_is_not_known(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "db")
    with pytest.raises(TypeError):
        uploads.record("/cb", Callback("one", {}), {"n": object()})
    assert uploads.count() == 0
