"""The table of docs/local-invoke.md: which sample event is for which function, and its answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.artefact.built import ROOT

DOCUMENT = ROOT / "docs" / "local-invoke.md"
_ROW = re.compile(r"\| `events/(\S+)\.json` \| `(\w+)` \| `(.+?)` \| .+ \|")


@dataclass(frozen=True, slots=True)
class Sample:
    """A row; `answer` is a status, the name of an error, or JSON that the answer contains."""

    name: str
    function: str
    answer: str

    def is_answered_by(self, answer: Any) -> bool:
        """Whether the function's answer is the documented one."""
        if self.answer.isdecimal():
            return bool(answer.get("statusCode") == int(self.answer))
        if self.answer.isidentifier() and self.answer != "null":
            return bool(answer.get("errorType") == self.answer)
        expected = json.loads(self.answer)
        if isinstance(expected, dict):
            return bool(answer.items() >= expected.items())
        return bool(answer == expected)


def read() -> list[Sample]:
    """All rows, in the document's order."""
    return [Sample(*row) for row in _ROW.findall(DOCUMENT.read_text())]
