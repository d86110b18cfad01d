"""The files of a folder, as keys have their names."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from upgate_cli.sync.ignore_rules import IgnoreRules
from upgate_cli.transfer.source_file import FileState


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A regular file below the root, or a link to one; `name` is relative, with slashes."""

    path: Path
    name: str
    state: FileState


def walk(root: Path, rules: IgnoreRules, failed: Callable[[str], None]) -> Iterator[TreeFile]:
    """All files that are not ignored, in the order of their names.

    Links to folders are not followed: they can lead in circles. A folder that cannot be read is
    told to `failed`.
    """

    def complain(error: OSError) -> None:
        failed(f"{error.filename}: {(error.strerror or str(error)).lower()}")

    for folder, folders, files in os.walk(root, onerror=complain):
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        folders[:] = sorted(
            name for name in folders if not rules.ignores(here / name, is_folder=True)
        )
        for name in sorted(files):
            if not rules.ignores(here / name):
                found = look(root, here / name, failed)
                if found is not None:
                    yield found


def look(root: Path, name: PurePosixPath, failed: Callable[[str], None]) -> TreeFile | None:
    """One file; None if there is none, or something that is no regular file."""
    path = root / name
    try:
        status = path.stat()
    except FileNotFoundError:  # gone meanwhile, or a link that leads nowhere
        return None
    except OSError as error:
        failed(f"{path}: {(error.strerror or str(error)).lower()}")
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return TreeFile(path, str(name), FileState.of(status))
