"""`upgate sync`: a folder to a bucket, only what changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.errors import CommandError, HopelessError
from upgate_cli.gateway.token_options import TokenChoice, token_options
from upgate_cli.output import complain, print_json, printable, say
from upgate_cli.sync.options import (
    destination_argument,
    folder_argument,
    ignore_option,
    insert_only_option,
)

if TYPE_CHECKING:
    from upgate_cli.sync.ignore_rules import IgnoreRules
    from upgate_cli.sync.synchronizer import Synchronizer
    from upgate_cli.sync.tree import TreeFile


@click.command()
@folder_argument
@destination_argument
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--delete", is_flag=True, help="Remove what the folder does not have.")
@ignore_option
@click.option("--checksum", is_flag=True, help="Read all files; do not go by size and time.")
@click.option("--resend", is_flag=True, help="Send all files, whatever was sent before.")
@insert_only_option
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

    With a key pair the bucket is asked what it has, and a file is sent when its size or its hash is
    not what is there. Files whose size and time are as they were when their hash was last taken are
    not read again (a manifest on this machine knows). With --token or --preset the bucket cannot be
    asked: then the manifest is all that is known of it.

    --delete removes the objects under PREFIX that no file stands for, after everything was sent;
    not what is left out here, and nothing when a file failed, or when there is no file at all.

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

    root = check_folder(folder)
    choice = SyncChoice(
        destination=Destination.parse(destination),
        tokens=tokens,
        parallel=parallel,
        insert_only=insert_only,
        resend=resend,
        checksum=checksum,
        delete=delete,
    )
    with synchronizer(connection, choice) as run:
        _carry_out(run, root, patterns, Actions(dry_run, delete, as_json))
        counts = run.counts
    if as_json:
        print_json(counts.as_json() | ({"dry_run": True} if dry_run else {}))
    else:
        would = "would be " if dry_run else ""
        deleted = f"{counts.deleted} {would}deleted, " if delete else ""
        click.echo(
            f"{counts.uploaded} {would}uploaded, {counts.skipped} skipped, {deleted}"
            f"{counts.failed} failed"
        )
    if counts.failed:
        raise click.exceptions.Exit(1)


@dataclass(frozen=True, slots=True)
class Actions:
    """What is to be done, and how it is told."""

    dry_run: bool
    delete: bool
    as_json: bool

    def show(self, line: str) -> None:
        """A line of a dry run."""
        (say if self.as_json else click.echo)(printable(line))


def _carry_out(run: Synchronizer, root: Path, patterns: tuple[str, ...], act: Actions) -> None:
    from upgate_cli.sync.ignore_rules import IgnoreRules
    from upgate_cli.sync.tree import walk

    rules = IgnoreRules(root, patterns)
    try:
        files = list(walk(root, rules, run.fail))
        remote = run.listed()
        changed = run.plan(files, remote)
        if act.dry_run:
            run.counts.uploaded = len(changed)
            for file in changed:
                act.show(f"would upload {file.name}")
        else:
            run.send(changed)
        if act.delete:
            _delete(run, files, remote or {}, rules, act)
    except HopelessError as error:
        complain(error.message)
        run.counts.failed = run.counts.failed or 1
    except CommandError as error:
        run.fail(error.message)
    except KeyboardInterrupt:
        if act.as_json:
            print_json(run.counts.as_json())
        say("interrupted: run the same command again to go on")
        raise


def _delete(
    run: Synchronizer,
    files: Sequence[TreeFile],
    remote: Collection[str],
    rules: IgnoreRules,
    act: Actions,
) -> None:
    from upgate_cli.sync.surplus import surplus

    if run.counts.failed:
        complain("nothing was deleted, because not everything was sent")
        return
    local = {run.key_of(file) for file in files}
    keys = surplus(remote, local, run.prefix, rules)
    if not act.dry_run:
        run.remove(keys)
        return
    run.counts.deleted = len(keys)
    for key in keys:
        act.show(f"would delete {key}")
