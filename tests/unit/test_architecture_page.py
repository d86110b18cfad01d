"""docs/architecture.md names every module of the rules under its package, and none that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/upgate/upgate"


def test_every_module_stands_on_the_map() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    assert set(_named(page)) == set(_modules(PACKAGE, ""))


def _named(page: str) -> Iterator[tuple[str, str]]:
    """Package ("" for what all share) and module of every row."""
    package = ""
    for line in page.splitlines():
        if heading := re.match(r"### (?:`(\w+)`)?", line):
            package = heading[1] or ""
        elif row := re.match(r"\| `(\w+)` \|", line):
            yield package, row[1]


def _modules(folder: Path, package: str) -> Iterator[tuple[str, str]]:
    for path in folder.iterdir():
        if path.name in ("__init__.py", "__pycache__", "py.typed"):
            continue
        if path.is_dir() and not package:
            yield from _modules(path, path.name)
        else:
            yield package, path.stem
