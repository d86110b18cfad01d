"""JSON as RFC 8259 has it: what Python's decoder takes beyond that is refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def loads(text: str | bytes) -> Any:
    """Decode JSON: bytes in UTF-8 only, no byte order mark, no NaN, no Infinity.

    Raises:
        ValueError: not JSON, or nested deeper than the decoder goes.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        return json.loads(decoded, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("JSON is nested too deep") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
