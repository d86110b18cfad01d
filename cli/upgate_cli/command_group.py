"""The root of all commands: sections in the help, late imports, errors of one line."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from upgate_cli.output import complain, print_failure_as_json

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


@dataclass(frozen=True, slots=True)
class LateCommand:
    """Where a command is: imported when it is asked for, because each pays for its own imports."""

    section: str
    module: str
    attribute: str


class CommandGroup(click.Group):
    """A group whose commands are imported late and listed by section."""

    def __init__(self, late: Mapping[str, LateCommand], **options: Any) -> None:
        super().__init__(**options)
        self._late = late

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the sections."""
        return list(self._late)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of this name."""
        late = self._late.get(cmd_name)
        if late is None:
            return None
        command = getattr(importlib.import_module(late.module), late.attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is our own
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of commands for each section."""
        width = max(map(len, self._late))
        for section in dict.fromkeys(late.section for late in self._late.values()):
            names = [name for name, late in self._late.items() if late.section == section]
            with formatter.section(section):
                formatter.write_dl(
                    [(f"{name:{width}}", self._summary(ctx, name)) for name in names]
                )

    def _summary(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=80) if command else ""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run, and end the process: 0 done, 1 something was not, 2 wrong use, 130 interrupted.

        With --json a failure has a document too, `{"error": what standard error says}`: who reads
        standard output finds JSON there whatever happened.
        """
        arguments = sys.argv[1:] if args is None else args
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
            sys.exit(status if isinstance(status, int) else 0)
        except click.Abort:
            sys.exit(INTERRUPTED)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else self.name
            message = f"{error.format_message().rstrip('.')} (see {path} --help)"
            _fail(arguments, message, error.exit_code)
        except click.ClickException as error:
            _fail(arguments, error.format_message(), error.exit_code)
        except OSError as error:
            _fail(arguments, _one_line(error), 1)
        except Exception as error:
            if os.environ.get("UPGATE_DEBUG"):
                raise
            message = (
                f"unexpected {type(error).__name__}; this is a bug: please report it, with what "
                "UPGATE_DEBUG=1 prints"
            )
            _fail(arguments, message, 1)


def _fail(arguments: Sequence[str], message: str, status: int) -> NoReturn:
    complain(message)
    with contextlib.suppress(OSError):  # standard output may be what failed: a full disk, no reader
        print_failure_as_json(arguments, message)
    sys.exit(status)


def _one_line(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason
