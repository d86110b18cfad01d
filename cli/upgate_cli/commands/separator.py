"""`upgate separator`: the signs between a key and a style (protocol.md 9.7)."""

from __future__ import annotations

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.output import print_json


@click.command()
@click.argument("separators", required=False)
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print the bucket's settings as JSON.")
def separator(*, separators: str | None, connection: Connection, as_json: bool) -> None:
    """Print the bucket's separators, or set them: each character of SEPARATORS is one.

    An empty SEPARATORS removes them all.
    """
    from upgate_cli.gateway import bucket_settings

    if separators is None:
        settings = bucket_settings.call(connection, "info")
    else:
        pair = ("sep", bucket_settings.encoded(separators))
        settings = bucket_settings.call(connection, "separator", pair)
    if as_json:
        print_json(settings)
    elif separators is None:
        click.echo(settings["separator"])
