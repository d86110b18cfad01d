"""Where the command line remembers things between runs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from upgate_cli.errors import CommandError

_VARIABLE = "UPGATE_STATE_DIR"


def state_folder(name: str) -> Path:
    """A folder of the user's own under the state directory, made if need be.

    Raises:
        CommandError: it cannot be made.
    """
    import platformdirs

    given = os.environ.get(_VARIABLE)
    root = Path(given) if given else platformdirs.user_state_path("upgate", appauthor=False)
    folder = root / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CommandError(cannot_write(folder, error)) from error
    return folder


def file_name_of(*identity: str | int) -> str:
    """A file name for something that is known by several values together."""
    return hashlib.sha256(
        "\0".join(map(str, identity)).encode("utf-8", "surrogateescape")
    ).hexdigest()


def cannot_write(path: Path, error: OSError) -> str:
    """What to say, and what to do, when the state directory takes nothing."""
    reason = (error.strerror or str(error)).lower()
    return f"cannot write {path}: {reason}; free some space, or set {_VARIABLE} to another folder"
