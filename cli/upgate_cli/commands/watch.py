"""`upgate watch`: new and changed files of a folder, as they appear."""

from __future__ import annotations

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.errors import CommandError
from upgate_cli.gateway.token_options import TokenChoice, token_options
from upgate_cli.output import complain, print_json, say
from upgate_cli.sync.options import (
    destination_argument,
    folder_argument,
    ignore_option,
    insert_only_option,
)
from upgate_cli.termination import end_on_sigterm


@click.command()
@folder_argument
@destination_argument
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Wait until a file has been the same for so long.",
)
@ignore_option
@insert_only_option
@token_options
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON at the end.")
def watch(
    *,
    folder: str,
    destination: str,
    settle: float,
    patterns: tuple[str, ...],
    insert_only: bool,
    tokens: TokenChoice,
    parallel: int,
    connection: Connection,
    as_json: bool,
) -> None:
    """Upload new and changed files of a folder as they appear, until Ctrl-C.

    It begins as `upgate sync` does, and then follows the folder. A file is sent once it has come
    to rest. What is removed here stays in the bucket. A file that fails is told and tried again
    when it changes, or at the next start; an unreachable gateway ends the command.

    \b
    Example:
      upgate watch ~/Pictures demo:pictures/
    """
    from upgate_cli.sync.ignore_rules import IgnoreRules
    from upgate_cli.sync.session import Destination, SyncChoice, check_folder, synchronizer
    from upgate_cli.sync.settling import Settling
    from upgate_cli.sync.watcher import settled_files

    root = check_folder(folder)
    choice = SyncChoice(
        destination=Destination.parse(destination),
        tokens=tokens,
        parallel=parallel,
        insert_only=insert_only,
    )
    end_on_sigterm()
    with synchronizer(connection, choice) as run:
        try:
            for files in settled_files(root, IgnoreRules(root, patterns), Settling(settle), run):
                before = run.counts.uploaded
                changed = run.plan(files, None)
                if changed:
                    run.send(changed)
                if not as_json and run.counts.uploaded > before:
                    click.echo(f"{run.counts.uploaded - before} uploaded")
                say(f"watching {folder}; Ctrl-C ends it")
        except CommandError as error:
            run.counts.failed = run.counts.failed or 1
            complain(error.message)
            raise click.exceptions.Exit(1) from None
        finally:
            if as_json:
                print_json(run.counts.as_json())
