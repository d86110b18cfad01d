"""Follows a tree and hands over files that have come to rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import watchfiles

from upgate_cli.errors import CommandError
from upgate_cli.sync.ignore_rules import FILE_NAME, IgnoreRules
from upgate_cli.sync.settling import Settling
from upgate_cli.sync.synchronizer import Synchronizer
from upgate_cli.sync.tree import TreeFile, look, walk

_TICK_MILLISECONDS = 200
_NO_UTF8 = "Unable to decode path"  # watchfiles 1.1: a RuntimeError of its own


def settled_files(
    root: Path, rules: IgnoreRules, settling: Settling, run: Synchronizer
) -> Iterator[list[TreeFile]]:
    """First the files that are there, then new and changed ones, a batch at a time, for ever.

    Raises:
        CommandError: the operating system watches no more folders, or the folder is gone.
    """
    root = root.resolve()
    is_first = True
    for changes in _changes(root):
        if is_first:  # the watch has begun: nothing can fall between it and this look
            is_first = False
            yield list(walk(root, rules, run.fail))
        for change, name in changes:
            _take(root, rules, settling, run, Path(name), change is watchfiles.Change.deleted)
        if not root.is_dir():
            raise CommandError(f"{root} is gone")
        found = (look(root, _relative(root, path), run.fail) for path in settling.settled())
        batch = [file for file in found if file is not None]
        if batch:
            yield batch


def _take(
    root: Path,
    rules: IgnoreRules,
    settling: Settling,
    run: Synchronizer,
    path: Path,
    is_gone: bool,
) -> None:
    name = _relative(root, path)
    if path.name == FILE_NAME:
        rules.forget(name)
        settling.touch(file.path for file in walk(root, rules, run.fail))
    elif path == root:
        if root.is_dir():
            settling.touch(file.path for file in walk(root, rules, run.fail))
    elif not is_gone and not rules.ignores_with_parents(name):
        if path.is_dir() and not path.is_symlink():
            # A folder that is moved here brings its files without a word about each.
            below = (file.path for file in walk(root, rules, run.fail))
            settling.touch(file for file in below if file.is_relative_to(path))
        else:
            settling.touch([path])


def _relative(root: Path, path: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(root).as_posix())


def _changes(root: Path) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    """Sets of changes; one of the root itself says that any file below may have changed."""
    while True:
        try:
            yield from watchfiles.watch(
                root,
                watch_filter=None,  # the rules are ours
                debounce=_TICK_MILLISECONDS,
                rust_timeout=_TICK_MILLISECONDS,
                yield_on_timeout=True,
            )
            return
        except (OSError, RuntimeError) as error:
            if not str(error).startswith(_NO_UTF8):
                raise CommandError(
                    f"cannot watch {root}: {error}; raise fs.inotify.max_user_watches, or set "
                    "WATCHFILES_FORCE_POLLING=1"
                ) from error
        # One file's name ended the watch, and the changes that came with it are lost.
        yield {(watchfiles.Change.modified, str(root))}
