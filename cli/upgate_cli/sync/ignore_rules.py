"""What a tree keeps to itself: `.upgateignore`, in the syntax of .gitignore.

A file of that name in any folder rules over what is below it, and over the rules from above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from upgate_cli.errors import CommandError

FILE_NAME = ".upgateignore"
_ALWAYS = (FILE_NAME, ".git/", ".DS_Store")  # the first rules: a later `!.git/` lifts one


@dataclass(slots=True)
class IgnoreRules:
    """Rules of one tree; `patterns` are the command line's, as if they stood at its top."""

    root: Path
    patterns: Sequence[str] = ()
    _specs: dict[PurePosixPath, GitIgnoreSpec] = field(default_factory=dict)

    def ignores(self, path: PurePosixPath, *, is_folder: bool = False) -> bool:
        """Whether a path, relative to the root, is left out.

        What is in an ignored folder is ignored; this asks for one path and not for its parents.

        Raises:
            CommandError: an ignore file cannot be read, or holds something else than patterns.
        """
        for folder in path.parents:
            name = f"{path.relative_to(folder)}{'/' if is_folder else ''}"
            verdict = self._spec(folder).check_file(name).include
            if verdict is not None:
                return verdict
        return False

    def ignores_with_parents(self, path: PurePosixPath) -> bool:
        """Whether a path or a folder above it is left out."""
        folders = [folder for folder in path.parents if folder.name]
        return any(self.ignores(folder, is_folder=True) for folder in reversed(folders)) or (
            self.ignores(path)
        )

    def forget(self, path: PurePosixPath) -> None:
        """Read a folder's rules again: its ignore file has changed."""
        self._specs.pop(path.parent, None)

    def _spec(self, folder: PurePosixPath) -> GitIgnoreSpec:
        spec = self._specs.get(folder)
        if spec is None:
            spec = self._specs[folder] = self._read(folder)
        return spec

    def _read(self, folder: PurePosixPath) -> GitIgnoreSpec:
        is_top = folder == PurePosixPath()
        path = self.root / folder / FILE_NAME
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            lines = []
        except OSError as error:
            raise CommandError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not UTF-8 text") from None
        try:
            return GitIgnoreSpec.from_lines([*_ALWAYS, *lines, *self.patterns] if is_top else lines)
        except ValueError as error:
            raise CommandError(f"{path}: {error}") from error
