"""The `upgate` command: one program for operators, business servers and those who try it out."""

from __future__ import annotations

import click

from upgate_cli.local.command import local


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="upgate", message="%(prog)s %(version)s")
def main() -> None:
    """Upgate, a Kodo-compatible upload gateway in your own AWS account."""


main.add_command(local)
