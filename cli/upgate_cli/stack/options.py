"""Options of the commands that talk to AWS."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click


def stack_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --stack and --json; the command gets `stack` and `as_json`."""

    @click.option(
        "--stack",
        metavar="NAME",
        envvar="UPGATE_STACK",
        default="upgate",
        show_default=True,
        help="CloudFormation stack.  [UPGATE_STACK]",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @functools.wraps(command)
    def with_stack(**options: Any) -> Any:
        return command(**options)

    return with_stack
