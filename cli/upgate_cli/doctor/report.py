"""The examination for people (a table) and for programs (JSON)."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from upgate_cli.doctor.examination import Section
from upgate_cli.doctor.finding import Finding, Verdict
from upgate_cli.output import printable

if TYPE_CHECKING:
    from rich.text import Text

_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}
_WIDEST_COLUMNS = 110  # longer lines are hard to read


def count(sections: Iterable[Section]) -> Counter[Verdict]:
    """How many findings of each verdict there are."""
    return Counter(finding.verdict for section in sections for finding in section.findings)


def document(url: str, sections: Sequence[Section]) -> dict[str, Any]:
    """Everything, for `--json`."""
    return {
        "url": url,
        "ok": count(sections)[Verdict.FAIL] == 0,
        "findings": [
            {
                "subject": section.title,
                "check": finding.check,
                "result": finding.verdict.value,
                "seen": finding.seen,
                "advice": finding.advice,
            }
            for section in sections
            for finding in section.findings
        ],
    }


def print_table(sections: Sequence[Section]) -> None:
    """Print a table on standard output, as wide as the terminal, and a line that sums it up."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False)
    table = Table(box=None, pad_edge=False, width=min(console.width, _WIDEST_COLUMNS))
    table.add_column("Check", no_wrap=True)
    table.add_column("Result", no_wrap=True)
    table.add_column("Seen, and what to change", ratio=1)
    for section in sections:
        table.add_row()
        table.add_row(Text(section.title, style="bold"))
        for finding in section.findings:
            verdict = Text(finding.verdict.value, style=_COLOURS[finding.verdict])
            table.add_row(Text(f"  {printable(finding.check)}"), verdict, _explained(finding))
    console.print(table)
    counted = count(sections)
    console.print(
        f"\n{counted[Verdict.OK]} ok, {counted[Verdict.WARN]} to look at, "
        f"{counted[Verdict.FAIL]} failed"
    )


def _explained(finding: Finding) -> Text:
    from rich.text import Text

    text = Text(printable(finding.seen))
    if finding.advice:
        text.append(f"\n-> {printable(finding.advice)}", style=_COLOURS[finding.verdict])
    return text
