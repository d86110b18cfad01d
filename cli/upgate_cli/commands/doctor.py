"""`upgate doctor`: does a live stack do what clients need?"""

from __future__ import annotations

import threading
from dataclasses import replace

import click

from upgate_cli.connection import Connection, connection_options
from upgate_cli.output import print_json, say
from upgate_cli.termination import end_on_sigterm


@click.command()
@click.argument("address", metavar="[URL]", required=False)
@connection_options
@click.option(
    "--callback",
    metavar="URL",
    help="Your business server: it gets a signed callback, and a forged one.",
)
@click.option(
    "--origin", metavar="URL", help="Origin of your web app, such as https://app.example.com."
)
@click.option("--json", "as_json", is_flag=True, help="Print all findings as JSON.")
def doctor(
    *,
    address: str | None,
    connection: Connection,
    callback: str | None,
    origin: str | None,
    as_json: bool,
) -> None:
    """Examine the live stack at URL: what works, what does not, and what to change.

    About 50 checks in under a minute. It uploads 11 MB below upgate-doctor/ in the bucket, removes
    them, and touches no other key, so it may be run in production. Exit status 1: something fails.

    \b
    Example:
      upgate doctor https://up.example.com --bucket uploads --callback https://app.example.com/done
    """
    from upgate_cli.doctor import report
    from upgate_cli.doctor.examination import examine
    from upgate_cli.doctor.finding import Verdict
    from upgate_cli.doctor.probe import Patient
    from upgate_cli.gateway.client import GatewayClient

    if address is not None:
        connection = replace(connection, given_url=address)
    pair = connection.key_pair
    if pair is None:
        raise click.UsageError("give --access-key and --secret-key: the checks sign upload tokens")
    _check_url("--callback", callback)
    _check_url("--origin", origin)
    end_on_sigterm()  # so that what was stored is removed
    client = GatewayClient(connection.url, threading.Event())
    try:
        patient = Patient(client, pair, connection.bucket, callback, origin)
        sections = examine(patient, say)
    finally:
        client.close()
    if as_json:
        print_json(report.document(connection.url, sections))
    else:
        report.print_table(sections)
    if report.count(sections)[Verdict.FAIL]:
        raise click.exceptions.Exit(1)


def _check_url(option: str, url: str | None) -> None:
    if url is not None and not url.startswith(("http://", "https://")):
        raise click.BadParameter("write it with https://", param_hint=option)
