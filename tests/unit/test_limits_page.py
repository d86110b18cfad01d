"""docs/limits.md says of every limit that it names what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from upgate import limits

PAGE = Path(__file__).parents[2] / "docs/limits.md"
ROWS = re.findall(r"^\|[^|]*\|([^|]*)\| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE)


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize(("text", "name"), ROWS, ids=[name for _, name in ROWS])
def test_a_row_names_a_limit_and_says_its_value(text: str, name: str) -> None:
    value = int(getattr(limits, name))
    assert f"{value:,}" in text or re.search(rf"\b{value}\b", text), f"{name} is {value:,}"
