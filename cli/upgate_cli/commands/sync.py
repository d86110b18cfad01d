"""`upgate sync`: a folder to a bucket, only what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.errors import HopelessError
from upgate_cli.gateway.token_options import TokenChoice, token_options
from upgate_cli.output import complain, print_json, printable, say

if TYPE_CHECKING:
    from upgate_cli.sync.synchronizer import Synchronizer

_NO_DELETE = (
    "--delete cannot be done through the gateway: it has no route that removes an object; "
    "remove objects in S3 (aws s3 rm), and run without --delete"
)


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("destination", metavar="BUCKET[:PREFIX]")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--delete", is_flag=True, help="Refused: the gateway has no route for it.")
@click.option(
    "--ignore",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Leave out, in .gitignore's syntax.  [repeatable]",
)
@click.option("--checksum", is_flag=True, help="Read all files; do not go by size and time.")
@click.option("--resend", is_flag=True, help="Send all files, whatever was sent before.")
@click.option("--insert-only", is_flag=True, help="Never overwrite: another content is a failure.")
@token_options
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def sync(
    *,
    folder: str,
    destination: str,
    dry_run: bool,
    delete: bool,
    patterns: tuple[str, ...],
    checksum: bool,
    resend: bool,
    insert_only: bool,
    tokens: TokenChoice,
    parallel: int,
    connection: Connection,
    as_json: bool,
) -> None:
    """Upload what is new or changed in a folder.

    The key of a file is PREFIX (as it stands: end it with a slash) and its path below DIR.

    The gateway lists no objects. What was uploaded from this machine is kept in a manifest, with
    the hash of each content; a file is sent when its hash is not the one there. Files whose size
    and time are as they were are not read again. What others changed or removed in the bucket is
    not seen: --resend sends everything. Nothing is ever deleted.

    Left out is what .upgateignore says, in the syntax of .gitignore and in any folder, beside
    .git and .DS_Store; links to folders are not followed.

    With --json the last line is {"uploaded", "skipped", "deleted", "failed"}; with --dry-run
    "uploaded" is what would be, and there is "dry_run": true.

    \b
    Examples:
      upgate sync photos/ demo:photos/
      upgate sync site/ demo --ignore '*.psd' --dry-run
    """
    from upgate_cli.sync.session import Destination, SyncChoice, check_folder, synchronizer

    if delete:
        raise click.UsageError(_NO_DELETE)
    root = check_folder(folder)
    choice = SyncChoice(
        destination=Destination.parse(destination),
        tokens=tokens,
        parallel=parallel,
        insert_only=insert_only,
        resend=resend,
        checksum=checksum,
    )
    with synchronizer(connection, choice) as run:
        _carry_out(run, root, patterns, dry_run, as_json)
        counts = run.counts
    if as_json:
        print_json(counts.as_json() | ({"dry_run": True} if dry_run else {}))
    else:
        verb = "would be uploaded" if dry_run else "uploaded"
        click.echo(f"{counts.uploaded} {verb}, {counts.skipped} skipped, {counts.failed} failed")
    if counts.failed:
        raise click.exceptions.Exit(1)


def _carry_out(
    run: Synchronizer, root: Path, patterns: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    from upgate_cli.sync.ignore_rules import IgnoreRules
    from upgate_cli.sync.tree import walk

    try:
        changed = run.plan(walk(root, IgnoreRules(root, patterns), run.fail))
        if not dry_run:
            run.send(changed)
            return
        run.counts.uploaded = len(changed)
        for file in changed:
            line = printable(f"would upload {file.name}")
            (say if as_json else click.echo)(line)
    except HopelessError as error:
        complain(error.message)
    except KeyboardInterrupt:
        if as_json:
            print_json(run.counts.as_json())
        say("interrupted: run the same command again to go on")
        raise
