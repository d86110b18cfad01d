"""The README's example gives the README's answer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

README = Path(__file__).parents[2] / "README.md"


def test_example_prints_the_answer_that_stands_below_it(gateway: Gateway) -> None:
    text = README.read_text()
    match = re.search(
        r"<!-- example.*?```python\n(.*?)```\n<!-- answer -->\n```\n(.*?)```", text, re.S
    )
    assert match is not None
    program = match[1].replace("http://127.0.0.1:8787", gateway.url)
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert printed.stdout == match[2]
