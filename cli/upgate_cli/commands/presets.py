"""`upgate presets`: what app clients may upload."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from upgate_cli.errors import CommandError
from upgate_cli.output import print_json
from upgate_cli.stack.options import stack_options

if TYPE_CHECKING:
    from upgate_cli.stack.preset_table import PresetTable


@click.group()
def presets() -> None:
    """List, show, write and remove presets.

    A preset is what POST /token makes an app client's token from: bucket, key or keyPrefix (with
    $(endUser) and $(uuid)), lifetimeSeconds, a policy, and a quota: what each user may upload in
    a day. They are kept in the stack's table; these commands use your AWS credentials.

    \b
    Example:
      echo '{"bucket": "uploads", "keyPrefix": "avatars/$(endUser)/",
             "policy": {"mimeLimit": "image/*", "fsizeLimit": 5000000},
             "quota": {"uploadsPerDay": 20, "bytesPerDay": 50000000}}' |
        upgate presets put avatars -
    """


@contextmanager
def _table(stack: str) -> Iterator[PresetTable]:
    from upgate_cli.stack.deployed import deployed_stack
    from upgate_cli.stack.preset_table import PresetTable

    with deployed_stack(stack) as found:
        bucket = found.parameters.get("LogicalBucket")
        client = found.session.client("dynamodb")
        yield PresetTable(client, found.output("LedgerTable"), {bucket} if bucket else None)


@presets.command("list")
@stack_options
def list_presets(*, stack: str, as_json: bool) -> None:
    """Print the names of all presets."""
    with _table(stack) as table:
        names = table.names()
    if as_json:
        print_json(names)
    else:
        for name in names:
            click.echo(name)


@presets.command()
@click.argument("name")
@stack_options
def show(*, name: str, stack: str, as_json: bool) -> None:
    """Print one preset."""
    with _table(stack) as table:
        text = table.get(name)
    if text is None:
        raise CommandError(f"no preset {name}: `upgate presets list` shows those that are there")
    try:
        document = json.loads(text)
    except ValueError:
        raise CommandError(f"the preset {name} is not JSON: write it anew with put") from None
    if as_json:
        print_json(document)
    else:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@presets.command()
@click.argument("name")
@click.argument("file", type=click.File(encoding="utf-8"))
@stack_options
def put(*, name: str, file: TextIO, stack: str, as_json: bool) -> None:
    """Write a preset from FILE (- is standard input); one that is wrong is refused."""
    from upgate.errors import InvalidPresetError
    from upgate.issuing import preset_check
    from upgate.issuing import presets as rules

    try:
        text = file.read()
        preset = rules.parse(text)
        preset_check.check(preset, None)  # a fault of its own is told without asking AWS
        with _table(stack) as table:
            preset_check.check(preset, table.buckets)
            table.put(name, text)
    except UnicodeDecodeError:
        raise CommandError("the preset is not UTF-8 text") from None
    except InvalidPresetError as error:
        raise CommandError(f"this preset is wrong: {error.message}") from error
    if as_json:
        print_json({"preset": name})
    else:
        click.echo(f"written {name}")


@presets.command()
@click.argument("name")
@stack_options
def delete(*, name: str, stack: str, as_json: bool) -> None:
    """Remove a preset; tokens made from it stay good until they expire."""
    with _table(stack) as table:
        if not table.delete(name):
            raise CommandError(f"no preset {name}: nothing was removed")
    if as_json:
        print_json({"preset": name})
    else:
        click.echo(f"removed {name}")
