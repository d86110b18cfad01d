"""docs/conformance.md: which cases each SDK passed in the run, kept in docs/conformance.json.

`WRITE_TABLES=1 pytest tests/sdk` writes both; a plain run holds them to what it saw.
"""

from __future__ import annotations

import json
from typing import Any

from docs import make_conformance

type Shown = dict[str, dict[str, Any]]

shown: Shown = {}
"""By SDK: `version`, and the sentences in `cases`, of what passed in this run."""

HINT = "is not what the run showed: WRITE_TABLES=1 pytest tests/sdk"


def passed(sdk: str, version: str, case: str) -> None:
    """Note a case that passed."""
    entry = shown.setdefault(sdk, {"version": version, "cases": []})
    entry["cases"].append(case)


def check(run: Shown) -> None:
    """Compare; an SDK of which only some tests were asked for is held to those."""
    known = json.loads(make_conformance.RECORD.read_text())
    for sdk, entry in run.items():
        told = known.get(sdk, {"version": "none", "cases": []})
        assert told["version"] == entry["version"], f"the version of {sdk} {HINT}"
        unknown = set(entry["cases"]) - set(told["cases"])
        assert not unknown, f"{sdk}: {sorted(unknown)} {HINT}"
    assert make_conformance.PAGE.read_text() == make_conformance.page(known), HINT


def write(run: Shown) -> None:
    """Write what was run, and leave the other SDKs as they stand."""
    known = json.loads(make_conformance.RECORD.read_text())
    for sdk, entry in run.items():
        cases = sorted(set(entry["cases"]))
        known[sdk] = {**known.get(sdk, {"not": {}}), "version": entry["version"], "cases": cases}
    text = json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True)
    make_conformance.RECORD.write_text(text + "\n")
    make_conformance.PAGE.write_text(make_conformance.page(known))
