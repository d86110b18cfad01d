"""docs/architecture.md names every module of the rules, and none that is gone."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_stands_on_the_map() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    package = ROOT / "layers/upgate/upgate"
    modules = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert named == modules - {"__init__", "__pycache__"}
