"""What `sync` and `watch` both take on the command line."""

from __future__ import annotations

import click

from upgate_cli.parameters import FOLDER

folder_argument = click.argument("folder", type=FOLDER, metavar="DIR")
destination_argument = click.argument("destination", metavar="BUCKET[:PREFIX]")
ignore_option = click.option(
    "--ignore",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Leave out, in .gitignore's syntax.  [repeatable]",
)
insert_only_option = click.option(
    "--insert-only", is_flag=True, help="Never overwrite: another content is a failure."
)
