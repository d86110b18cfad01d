"""`upgate replay`: callbacks that were given up are made again."""

from __future__ import annotations

import click

from upgate_cli.output import print_json
from upgate_cli.stack.options import stack_options


@click.command()
@click.argument("upload_id", required=False)
@click.option("--all-failed", is_flag=True, help="Every delivery that was given up.")
@stack_options
def replay(*, upload_id: str | None, all_failed: bool, stack: str, as_json: bool) -> None:
    """Send the callback of UPLOAD_ID again, or all that were given up.

    Under the same id as before (X-Upgate-Delivery), from the foot of the ladder. What was accepted
    is not sent again. `upgate trace` shows what came of it.

    \b
    Example:
      upgate replay --all-failed
    """
    from upgate.jobs.job import UPLOAD_PREFIX
    from upgate_cli.stack.deployed import deployed_stack
    from upgate_cli.stack.ledger_table import LedgerTable

    if (upload_id is None) is not all_failed:
        raise click.UsageError("give an UPLOAD_ID or --all-failed")
    with deployed_stack(stack) as found:
        table = LedgerTable(found)
        ids = table.failed() if upload_id is None else [upload_id.removeprefix(UPLOAD_PREFIX)]
        for item in ids:
            table.replay(item)
    if as_json:
        print_json({"replayed": ids})
        return
    for item in ids:
        click.echo(f"queued {item}")
    if not ids:
        click.echo("nothing was given up")
