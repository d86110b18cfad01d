"""What `sync` and `watch` share: from their options to a synchronizer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from upgate_cli.connection import Connection, check_bucket
from upgate_cli.errors import CommandError
from upgate_cli.gateway.bucket_objects import BucketObjects
from upgate_cli.gateway.client import GatewayClient
from upgate_cli.gateway.token_options import TokenChoice
from upgate_cli.output import complain, say
from upgate_cli.sync.manifest import Manifest
from upgate_cli.sync.synchronizer import Synchronizer
from upgate_cli.transfer.uploader import Uploader


@dataclass(frozen=True, slots=True)
class Destination:
    """`bucket[:prefix]`; a key is the prefix and the file's path below the folder."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Destination:
        """Split at the first colon, as a scope is."""
        bucket, _, prefix = text.partition(":")
        return cls(check_bucket(bucket), prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncChoice:
    """What was asked for."""

    destination: Destination
    tokens: TokenChoice
    parallel: int
    insert_only: bool = False
    delete: bool = False
    resend: bool = False
    checksum: bool = False


def check_folder(path: str) -> Path:
    """The folder to be synchronised; wrong use if it is none."""
    folder = Path(path)
    if not folder.is_dir():
        raise click.UsageError(f"{path} is no folder")
    return folder


@contextmanager
def synchronizer(connection: Connection, choice: SyncChoice) -> Iterator[Synchronizer]:
    """A synchronizer for as long as the block lasts.

    Raises:
        CommandError: the token is for another bucket, or the manifest cannot be used.
    """
    cancelled = threading.Event()
    client = GatewayClient(connection.url, cancelled)
    bucket = choice.destination.bucket
    try:
        tokens = choice.tokens.source(connection, client, bucket, overwrite=not choice.insert_only)
        policy = tokens.policy()
        if policy is not None and policy.scope.bucket != bucket:
            raise CommandError(f"the token is for {policy.scope.bucket}, not for {bucket}")
        objects = _objects(connection, choice, client)
        with Manifest.of(connection.url, tokens.access_key, bucket) as manifest:
            yield Synchronizer(
                uploader=Uploader(client, tokens, choice.parallel),
                manifest=manifest,
                bucket=bucket,
                prefix=choice.destination.prefix,
                parallel=choice.parallel,
                cancelled=cancelled,
                say=say,
                complain=complain,
                objects=objects,
                resend=choice.resend,
                checksum=choice.checksum,
            )
    except KeyboardInterrupt:
        cancelled.set()
        raise
    finally:
        client.close()


def _objects(
    connection: Connection, choice: SyncChoice, client: GatewayClient
) -> BucketObjects | None:
    pair = None if choice.tokens.is_given else connection.key_pair
    if choice.delete and pair is None:
        raise click.UsageError("--delete needs a key pair: give --access-key and --secret-key")
    return BucketObjects(client, pair, choice.destination.bucket) if pair else None
