"""Every limit is enforced somewhere and named by a test that goes up to it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from upgate import limits

ROOT = Path(__file__).parents[2]
NAMES = [name for name in vars(limits) if name.isupper()]
SOURCES = [
    path.read_text()
    for folder in ("layers", "functions", "cli")
    for path in (ROOT / folder).rglob("*.py")
    if path != Path(limits.__file__)
]
TESTS = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]


def is_named(name: str, texts: list[str]) -> bool:
    """As `limits.NAME`, or set for a test as `limits, "NAME"`."""
    return any(re.search(rf"\blimits(?:\.|, \"){name}\b", text) for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_limit_is_used_and_a_test_names_it(name: str) -> None:
    assert is_named(name, SOURCES), f"nothing enforces limits.{name}"
    assert is_named(name, TESTS), f"no test goes up to limits.{name}"


def test_no_limit_is_set_twice() -> None:
    tree = ast.parse(Path(limits.__file__).read_text())
    names = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert names == NAMES
