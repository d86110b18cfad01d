"""What a bucket has and a folder has not: the keys that `sync --delete` removes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from upgate_cli.errors import CommandError
from upgate_cli.sync.ignore_rules import IgnoreRules


def surplus(
    remote: Collection[str], local: Collection[str], prefix: str, rules: IgnoreRules
) -> list[str]:
    """Keys under the prefix that no file stands for; what is ignored here is left alone there.

    Raises:
        CommandError: there is no file at all: a folder that is not mounted looks like that.
    """
    if remote and not local:
        raise CommandError(
            "the folder has no files: --delete would remove all that is there; nothing was deleted"
        )
    return sorted(
        key for key in remote if key not in local and not _is_ignored(key[len(prefix) :], rules)
    )


def _is_ignored(name: str, rules: IgnoreRules) -> bool:
    return bool(name) and rules.ignores_with_parents(PurePosixPath(name.lstrip("/") or "/"))
