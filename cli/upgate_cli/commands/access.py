"""`upgate access`: who may download, and with which commands."""

from __future__ import annotations

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.output import print_json


@click.command()
@click.option("--private/--public", default=None, help="Whether a URL must be signed.")
@click.option(
    "--styles-only/--any-command",
    default=None,
    help="Whether a URL that nobody signed may hold commands of its own.",
)
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print the bucket's settings as JSON.")
def access(
    *, private: bool | None, styles_only: bool | None, connection: Connection, as_json: bool
) -> None:
    """Print or set how the bucket's objects are downloaded. A new bucket is public."""
    from upgate_cli.gateway import bucket_settings

    settings = None
    if private is not None:
        settings = bucket_settings.call(connection, "private", ("private", str(int(private))))
    if styles_only is not None:
        settings = bucket_settings.call(connection, "accessMode", ("mode", str(int(styles_only))))
    if settings is None:
        settings = bucket_settings.call(connection, "info")
    if as_json:
        print_json(settings)
    else:
        click.echo("private" if settings["private"] else "public")
        click.echo("styles only" if settings["protected"] else "any command")
