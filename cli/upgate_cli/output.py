"""What goes where: results to standard output, messages to standard error and a terminal only."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

_JSON_OPTION = "--json"


def print_json(document: object) -> None:
    """Print the one JSON document of a command, on one line."""
    try:
        click.echo(json.dumps(document, ensure_ascii=False))
    except UnicodeEncodeError:  # half a surrogate pair, or a terminal without Unicode
        click.echo(json.dumps(document))


def print_failure_as_json(arguments: Sequence[str], message: str) -> None:
    """`{"error": message}` for who asked for JSON: a command that failed before it had a document.

    A command that fails after it printed its own ends with `click.exceptions.Exit` instead.
    """
    if _JSON_OPTION in arguments:
        print_json({"error": " ".join(message.split())})


def say(message: str) -> None:
    """Tell a human something; a script does not get to see it."""
    if sys.stderr.isatty():
        click.echo(printable(message), err=True)


def complain(message: str) -> None:
    """Tell of a failure, in one line."""
    click.echo(f"Error: {printable(' '.join(message.split()))}", err=True)


def printable(text: str) -> str:
    """Text with names and answers of strangers in it: none of it may steer the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
