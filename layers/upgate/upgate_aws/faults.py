"""What the log says of a fault: its kind and its place, never a message, which may quote input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

_FRAMES = 12


def describe(error: BaseException) -> dict[str, object]:
    """An exception that nothing expected: types from the last to the first, and the frames."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "types": [type(item).__name__ for item in _chain(error)],
        "frames": [f"{PurePath(at.filename).name}:{at.lineno} {at.name}" for at in frames],
    }


def cause(error: BaseException) -> dict[str, object]:
    """What an operator needs of a service's refusal."""
    response = getattr(error, "response", None) or {}  # None where nobody answered
    return {
        "type": type(error).__name__,
        "operation": getattr(error, "operation_name", None),
        "code": response.get("Error", {}).get("Code"),
        "status": response.get("ResponseMetadata", {}).get("HTTPStatusCode"),
    }


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
