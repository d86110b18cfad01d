"""docs/cost.md says what the handlers use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_tables_that_the_benchmark_prints() -> None:
    command = [sys.executable, "-m", "bench.cost"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "form, 1 MB, callback" in printed
    assert printed in (ROOT / "docs/cost.md").read_text(), "run `python -m bench.cost`"
