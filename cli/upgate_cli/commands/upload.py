"""`upgate upload`: files to a bucket."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.errors import CommandError, HopelessError
from upgate_cli.gateway.token_options import TokenChoice, token_options
from upgate_cli.output import complain, print_json, printable, say
from upgate_cli.parameters import FILE, assignments

if TYPE_CHECKING:
    from upgate_cli.progress import TransferProgress
    from upgate_cli.transfer.upload import Extras
    from upgate_cli.transfer.uploader import Uploader

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one FILE: the gateway's answer, and the complaint if it was no success."""

    path: Path
    answer: Any
    complaint: str | None = None


@click.command()
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option("--key", metavar="K", help="Key, for one FILE.")
@click.option("--prefix", metavar="P", help="Key is P and the file's name.")
@click.option("--overwrite", is_flag=True, help="Replace what has the key (when keys sign).")
@click.option("--mime-type", metavar="TYPE", help="Media type; else name and content tell it.")
@assignments("--var", "variables", "Custom variable x:NAME, for the policy's templates.")
@assignments("--meta", "metadata", "Object metadata x-qn-meta-NAME.")
@click.option(
    "--part-size",
    type=click.IntRange(1, 4),
    default=4,
    show_default=True,
    metavar="MIB",
    help="Size of a part in MiB; the hash of a file cut otherwise than by 4 is another one.",
)
@token_options
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print the gateway's answer(s) as JSON.")
def upload(
    *,
    files: tuple[str, ...],
    key: str | None,
    prefix: str | None,
    overwrite: bool,
    mime_type: str | None,
    variables: tuple[tuple[str, str], ...],
    metadata: tuple[tuple[str, str], ...],
    part_size: int,
    tokens: TokenChoice,
    parallel: int,
    connection: Connection,
    as_json: bool,
) -> None:
    """Upload files, of any size.

    Up to 4 MiB a file goes as a form, above it in parts, several at once. A large upload that was
    killed goes on where it was when the same command is run again, for as long as the file is the
    same. The gateway's hash is held against the file's own.

    Without --key and --prefix the key is the one that the token fixes, none where its policy has
    a saveKey, and the file's name otherwise.

    With --json the last line is the gateway's answer: the answer itself for one FILE, a list in
    the order of the FILEs for several. An answer that is no JSON is a string in it. A FILE that
    was not uploaded has an object with `error`.

    \b
    Examples:
      upgate upload holiday.mp4 --key videos/holiday.mp4
      upgate upload *.jpg --prefix photos/ --json
      upgate upload report.pdf --token "$(upgate token --preset reports)" --var user=42
    """
    from upgate_cli.transfer.upload import Extras

    if key is not None and prefix is not None:
        raise click.UsageError("--key and --prefix exclude each other")
    if key is not None and len(files) > 1:
        raise click.UsageError("--key is for one FILE: use --prefix for several")
    extras = Extras(
        mime_type=mime_type,
        custom_variables={_full("x:", name): value for name, value in variables},
        metadata={_full("x-qn-meta-", name): value for name, value in metadata},
        part_bytes=part_size * MEBIBYTE,
    )
    paths = [Path(name) for name in files]
    with _uploading(connection, tokens, parallel, overwrite) as run:
        outcomes = run.all(paths, key, prefix, extras)
    if as_json:
        answers = [outcome.answer for outcome in outcomes]
        print_json(answers[0] if len(files) == 1 else answers)
    for outcome in outcomes:
        if outcome.complaint:
            complain(outcome.complaint)
        elif not as_json:
            click.echo(printable(_summary(outcome)))
    if any(outcome.complaint for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _full(prefix: str, name: str) -> str:
    return name if name.startswith(prefix) else prefix + name


def _summary(outcome: Outcome) -> str:
    answer = outcome.answer
    if isinstance(answer, dict) and isinstance(answer.get("key"), str) and "hash" in answer:
        return f"{answer['hash']}  {answer['key']}"
    return f"uploaded {outcome.path}"


@dataclass(slots=True)
class _Run:
    """All that the files of one command share."""

    uploader: Uploader
    tokens: Any
    bucket: str
    parallel: int
    cancelled: threading.Event
    given_up: HopelessError | None = None

    def all(
        self, paths: Sequence[Path], key: str | None, prefix: str | None, extras: Extras
    ) -> list[Outcome]:
        """Upload them, several at once; what comes of each, in their order."""
        from upgate_cli.parallel import in_parallel
        from upgate_cli.progress import TransferProgress

        total = sum(path.stat().st_size for path in paths if path.is_file())
        label = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        with TransferProgress(label, total_bytes=total) as progress:
            numbered = in_parallel(
                lambda item: (item[0], self.one(item[1], key, prefix, extras, progress)),
                enumerate(paths),
                min(self.parallel, len(paths)),
                self.cancelled,
            )
            return [outcome for _, outcome in sorted(numbered, key=lambda pair: pair[0])]

    def one(
        self,
        path: Path,
        key: str | None,
        prefix: str | None,
        extras: Extras,
        progress: TransferProgress,
    ) -> Outcome:
        """Upload one; only Ctrl-C is raised."""
        from upgate_cli.gateway.complaint import RefusedError
        from upgate_cli.transfer.naming import choose_key
        from upgate_cli.transfer.source_file import SourceFile
        from upgate_cli.transfer.upload import Target

        try:
            if self.given_up is not None:
                raise self.given_up
            with SourceFile(path) as source:
                chosen = choose_key(self.tokens.policy(), key, prefix, path.name)
                uploaded = self.uploader.upload(
                    source, Target(self.bucket, chosen), extras, progress.advance
                )
            return Outcome(path, uploaded.answer)
        except CommandError as error:
            if isinstance(error, HopelessError):
                self.given_up = error
            message = error.message if str(path) in error.message else f"{path}: {error.message}"
            answer = error.answer.document if isinstance(error, RefusedError) else None
            if not isinstance(answer, dict):
                answer = {"error": message}
            return Outcome(path, answer, message)


@contextmanager
def _uploading(
    connection: Connection, choice: TokenChoice, parallel: int, overwrite: bool
) -> Iterator[_Run]:
    from upgate_cli.gateway.client import GatewayClient
    from upgate_cli.transfer.uploader import Uploader

    cancelled = threading.Event()
    client = GatewayClient(connection.url, cancelled)
    try:
        tokens = choice.source(connection, client, None, overwrite=overwrite)
        policy = tokens.policy()
        bucket = policy.scope.bucket if policy else connection.bucket
        yield _Run(Uploader(client, tokens, parallel), tokens, bucket, parallel, cancelled)
    except KeyboardInterrupt:
        cancelled.set()
        say("interrupted: run the same command again to go on")
        raise
    finally:
        client.close()
