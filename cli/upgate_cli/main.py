"""The `upgate` command: one program for operators, business servers and those who try it out."""

from __future__ import annotations

import click

from upgate_cli.command_group import CommandGroup, LateCommand

_FILES = "Files"
_TOKENS = "Tokens"
_BUCKET = "Downloads"
_CHECKS = "Checks"
_STACK = "Your stack (uses AWS credentials)"
_MACHINE = "This machine"


def _command(section: str, name: str, module: str | None = None) -> LateCommand:
    return LateCommand(section, f"upgate_cli.commands.{module or name}", name)


main = CommandGroup(
    {
        "upload": _command(_FILES, "upload"),
        "sync": _command(_FILES, "sync"),
        "watch": _command(_FILES, "watch"),
        "token": _command(_TOKENS, "token", "issue_token"),
        "explain": _command(_TOKENS, "explain"),
        "style": _command(_BUCKET, "style"),
        "separator": _command(_BUCKET, "separator"),
        "access": _command(_BUCKET, "access"),
        "doctor": _command(_CHECKS, "doctor"),
        "presets": _command(_STACK, "presets"),
        "trace": _command(_STACK, "trace", "trace_upload"),
        "replay": _command(_STACK, "replay"),
        "listen": _command(_STACK, "listen"),
        "keys": _command(_STACK, "keys"),
        "local": LateCommand(_MACHINE, "upgate_cli.local.command", "local"),
        "completion": _command(_MACHINE, "completion"),
    },
    name="upgate",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Upgate, a Kodo-compatible upload gateway in your own AWS account.

    \b
    Try it:
      upgate local                                      a gateway on this machine
      export UPGATE_URL=... UPGATE_ACCESS_KEY=... UPGATE_SECRET_KEY=... UPGATE_BUCKET=...
      upgate upload holiday.mp4                         one file, however large
      upgate sync photos/ demo:photos/                  a tree; a second run sends what changed

    Every command has --help. Exit status: 0 done, 1 something was not done, 2 wrong use,
    130 interrupted.
    """,
)
click.version_option(package_name="upgate", message="%(prog)s %(version)s")(main)
