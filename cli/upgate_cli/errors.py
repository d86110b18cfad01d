"""What ends a command early. Each message is one line that says what, and what to do."""

from __future__ import annotations

import click


class CommandError(click.ClickException):
    """Something was not done; exit status 1. Wrong use is click's UsageError, exit status 2."""

    exit_code = 1


class ChangedFileError(CommandError):
    """A file is no longer what it was when its upload began."""


class HopelessError(CommandError):
    """What failed here will fail for every other file too: the run ends."""


class CancelledError(Exception):
    """Ctrl-C was pressed: threads unwind with it; the user never sees it."""
