"""`upgate keys`: the key pairs that sign and verify."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from upgate_cli.output import print_json, say
from upgate_cli.stack.options import stack_options

if TYPE_CHECKING:
    from upgate_cli.stack.key_secret import KeySecret

_show_secrets = click.option(
    "--show-secrets", is_flag=True, help="Print secret keys too: mind who reads along."
)


@click.group()
def keys() -> None:
    """List, rotate, add and remove the stack's key pairs.

    The newest pair signs, every pair verifies. They are kept in the stack's secret; these commands
    use your AWS credentials.
    """


@contextmanager
def _secret(stack: str) -> Iterator[KeySecret]:
    from upgate_cli.stack.deployed import deployed_stack
    from upgate_cli.stack.key_secret import KeySecret

    with deployed_stack(stack) as found:
        yield KeySecret(found.session.client("secretsmanager"), found.output("KeysSecret"))


@keys.command("list")
@_show_secrets
@stack_options
def list_keys(*, show_secrets: bool, stack: str, as_json: bool) -> None:
    """Print the access keys, newest first."""
    with _secret(stack) as secret:
        pairs = secret.pairs()
    if as_json:
        print_json(
            [
                {"access_key": pair.access_key}
                | ({"secret_key": pair.secret_key} if show_secrets else {})
                for pair in pairs
            ]
        )
        return
    for pair in pairs:
        click.echo(f"{pair.access_key}  {pair.secret_key}" if show_secrets else pair.access_key)


@keys.command()
@click.option(
    "--keep",
    type=click.IntRange(min=2),
    metavar="N",
    help="Keep the newest N pairs, the new one among them.  [default: all]",
)
@_show_secrets
@stack_options
def rotate(*, keep: int | None, show_secrets: bool, stack: str, as_json: bool) -> None:
    """Make a new pair; it signs from now on.

    Old pairs go on verifying, so nothing breaks: give business servers the new pair, and drop
    old ones with --keep in a later rotation. Functions take up a new pair when they first meet
    it, sign with it within 5 minutes, and refuse a dropped one within as long.
    """
    with _secret(stack) as secret:
        fresh = secret.rotate(keep)
    if as_json:
        shown = {"secret_key": fresh.secret_key} if show_secrets else {}
        print_json({"access_key": fresh.access_key} | shown)
        return
    click.echo(f"access key {fresh.access_key}")
    if show_secrets:
        click.echo(f"secret key {fresh.secret_key}")
    else:
        say("`upgate keys list --show-secrets` prints the secret key")


@keys.command()
@click.argument("access_key")
@stack_options
def add(*, access_key: str, stack: str, as_json: bool) -> None:
    """Have a pair verified that you have already, an old Kodo pair say.

    The secret key is asked for, or read from a pipe: arguments are seen by every process of the
    machine. The pair stands last: it verifies and never signs.
    """
    from upgate.tokens.keys import KeyPair

    secret_key = (
        click.prompt("secret key", hide_input=True, err=True) if _is_terminal() else _line()
    )
    try:
        pair = KeyPair(access_key, secret_key)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    with _secret(stack) as secret:
        secret.add(pair)
    _done(access_key, "is verified from now on", as_json=as_json)


@keys.command()
@click.argument("access_key")
@stack_options
def remove(*, access_key: str, stack: str, as_json: bool) -> None:
    """Refuse a pair's tokens from now on; functions follow within 5 minutes."""
    with _secret(stack) as secret:
        secret.remove(access_key)
    _done(access_key, "is refused from now on", as_json=as_json)


def _is_terminal() -> bool:
    return click.get_text_stream("stdin").isatty()


def _line() -> str:
    return click.get_text_stream("stdin").readline().strip()


def _done(access_key: str, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"access_key": access_key})
    else:
        click.echo(f"{access_key} {what}")
