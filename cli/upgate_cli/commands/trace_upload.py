"""`upgate trace`: what happened to an upload."""

from __future__ import annotations

import click

from upgate_cli.errors import CommandError
from upgate_cli.output import print_json
from upgate_cli.stack.options import stack_options


@click.command()
@click.argument("name", metavar="REQID|UPLOAD_ID|PERSISTENT_ID")
@stack_options
def trace(*, name: str, stack: str, as_json: bool) -> None:
    """Show what happened to an upload: intent, object, each callback attempt, its job.

    REQID is what X-Reqid said, UPLOAD_ID what X-Upgate-Delivery told the business server. Of
    an upload that owed nothing (no callback, no operations) there is no record but its log line.
    With --json a list is printed.

    \b
    Example:
      upgate trace AAAAAH3Dtg3f5qkY
    """
    from upgate_cli.stack.deployed import deployed_stack
    from upgate_cli.stack.ledger_table import LedgerTable

    with deployed_stack(stack) as found:
        traces = LedgerTable(found).trace(name)
    if not traces:
        raise CommandError(
            f"nothing of {name} in the ledger: it owed nothing, or is more than 30 days old"
        )
    if as_json:
        print_json([item.document() for item in traces])
        return
    for item in traces:
        for line in item.lines():
            click.echo(line)
