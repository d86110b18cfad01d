"""`upgate listen`: callbacks of a deployed stack come to this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from upgate_cli.errors import CommandError
from upgate_cli.output import print_json, printable, say
from upgate_cli.stack.options import stack_options
from upgate_cli.termination import end_on_sigterm

if TYPE_CHECKING:
    from upgate_cli.listening.session import Delivered


@click.command()
@click.option(
    "--to", required=True, metavar="URL", help="Your server, such as http://localhost:8000."
)
@click.option(
    "--for",
    "hosts",
    required=True,
    multiple=True,
    metavar="HOST[:PORT]",
    help="The callbackUrl's host, as the policies write it.  [repeatable]",
)
@stack_options
def listen(*, to: str, hosts: tuple[str, ...], stack: str, as_json: bool) -> None:
    """Answer callbacks of a deployed stack with a server on this machine, until Ctrl-C.

    For development stacks: the stack must have been deployed with CallbackListen=true. While this
    runs, callbacks and notifications to HOST do not go out into the network but to URL, with the
    same path, headers and body, and the answer goes back to the client that uploads, in the same
    request. HOST need not exist. Other hosts are not touched. With --json a line for each callback.

    \b
    Example:
      upgate listen --for app.example.com --to http://localhost:8000
    """
    from upgate_cli.listening.local_server import parse_to
    from upgate_cli.listening.session import leased, serve
    from upgate_cli.stack.deployed import deployed_stack
    from upgate_cli.stack.mailbox_table import MailboxTable

    target = parse_to(to)
    names = [_authority(host) for host in dict.fromkeys(hosts)]
    end_on_sigterm()
    with deployed_stack(stack) as found:
        if found.output("CallbackListen") != "true":
            raise CommandError(
                f"the stack {stack} lets nobody listen: deploy it with CallbackListen=true, "
                "which is for development stacks only"
            )
        table = MailboxTable(found.session.client("dynamodb"), found.output("LedgerTable"))
        with leased(table, names):
            say(f"callbacks to {', '.join(names)} come to {to}; Ctrl-C ends it")
            serve(table, names, target, _tell_json if as_json else _tell)


def _authority(host: str) -> str:
    """A host as the callback function looks it up."""
    from upgate.outbound.egress_errors import EgressError
    from upgate.outbound.egress_url import parse_target

    try:
        target = parse_target(f"http://{host}/")
    except EgressError as error:
        raise click.BadParameter(f"{host}: {error}", param_hint="--for") from error
    if target.path != "/":
        raise click.BadParameter(f"{host}: a host, not a URL", param_hint="--for")
    return target.authority


def _tell(delivered: Delivered) -> None:
    click.echo(printable(delivered.line()))


def _tell_json(delivered: Delivered) -> None:
    print_json(delivered.document())
