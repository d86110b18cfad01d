"""`upgate style`: names for commands, for URLs such as `<key>.mp3` (protocol.md 9.7)."""

from __future__ import annotations

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.output import print_json


@click.command()
@click.argument("name", required=False)
@click.argument("fop", required=False)
@click.option("--delete", is_flag=True, help="Remove the style NAME.")
@connection_options
@click.option("--json", "as_json", is_flag=True, help="Print the bucket's settings as JSON.")
def style(
    *, name: str | None, fop: str | None, delete: bool, connection: Connection, as_json: bool
) -> None:
    """List the bucket's styles, or set NAME to the command FOP.

    \b
    Example, with which KEY.mp3 downloads what KEY?avthumb/mp3/aq/6/ar/16000 does:
      upgate separator .
      upgate style mp3 avthumb/mp3/aq/6/ar/16000
    """
    from upgate_cli.gateway import bucket_settings

    if delete != (name is not None and fop is None):
        raise click.UsageError("give NAME and FOP to set a style, NAME and --delete to remove it")
    if name is None:
        settings = bucket_settings.call(connection, "info")
    elif fop is None:
        pair = ("name", bucket_settings.encoded(name))
        settings = bucket_settings.call(connection, "unstyle", pair)
    else:
        settings = bucket_settings.call(
            connection,
            "style",
            ("name", bucket_settings.encoded(name)),
            ("style", bucket_settings.encoded(fop)),
        )
    if as_json:
        print_json(settings)
    elif name is None:
        for known, text in settings["styles"].items():
            click.echo(f"{known}\t{text}")
