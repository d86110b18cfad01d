"""The one log of a function: one JSON object a line, its fields chosen where it is written.

Forty lines of our own, because Powertools' Logger takes a quarter of the upload function's cold
start to import. Lambda passes lines that are JSON objects on as they are, and takes `level` and
`timestamp` from them (AWS: "Configuring advanced logging controls for Lambda functions").
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TextIO

from upgate_aws.emf import SERVICE


class JsonLog:
    """Writes lines to `stream`; None is standard output as it is when a line is written."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def info(self, message: str, **fields: object) -> None:
        """What happens every day."""
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something outside failed."""
        self._write("WARNING", message, fields)

    def error(self, message: str, **fields: object) -> None:
        """Something of ours failed."""
        self._write("ERROR", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {
            "timestamp": now,
            "level": level,
            "message": message,
            "service": SERVICE,
        }
        line |= {name: value for name, value in fields.items() if value is not None}
        # ASCII: a lone surrogate from a client's word must not end the function.
        print(json.dumps(line, separators=(",", ":")), file=self.stream or sys.stdout, flush=True)


logger = JsonLog()
