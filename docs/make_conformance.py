"""Writes docs/conformance.md from docs/conformance.json: `python -m docs.make_conformance`.

`WRITE_TABLES=1 pytest tests/sdk` fills the record from a run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RECORD = Path(__file__).parent / "conformance.json"
PAGE = Path(__file__).parent / "conformance.md"

_HEAD = """# Conformance

<!-- Made from the run of tests/sdk: WRITE_TABLES=1 pytest tests/sdk -->

Each SDK below is the published one, unmodified, pinned in a lock file of its own ecosystem
(`tests/sdk/<language>/`), and runs against `upgate local`. A mark is a test that passed in that
SDK's language: it compares bytes that came back, counts callbacks, or reads a refusal's number.
"""


def page(record: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page. A record is by SDK: `version`, `cases` that passed, `not` with reasons."""
    return "\n".join(
        [_HEAD, *_summary(record), "", *_matrix(record), "", *_alone(record), *_not(record)]
    )


def _summary(record: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield from ("| SDK | version | cases |", "|---|---|---|")
    for sdk, entry in record.items():
        yield f"| {sdk} | {entry['version']} | {len(entry['cases'])} |"


def _matrix(record: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "## What more than one SDK showed\n"
    yield "| case | " + " | ".join(record) + " |"
    yield "|---|" + "---|" * len(record)
    for case in _shared(record):
        marks = ("✓" if case in entry["cases"] else "" for entry in record.values())
        yield f"| {case} | " + " | ".join(marks) + " |"


def _alone(record: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    shared = set(_shared(record))
    yield "## What one SDK showed\n"
    for sdk, entry in record.items():
        if own := [case for case in entry["cases"] if case not in shared]:
            yield f"- **{sdk}**: {'; '.join(own)}."
    yield ""


def _not(record: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "## What is not supported, and why\n"
    for sdk, entry in record.items():
        for call, reason in entry.get("not", {}).items():
            yield f"- **{sdk}**, {call}: {reason}."
    yield ""


def _shared(record: Mapping[str, Mapping[str, Any]]) -> list[str]:
    counts = Counter(case for entry in record.values() for case in entry["cases"])
    return sorted(case for case, count in counts.items() if count > 1)


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(RECORD.read_text())))
