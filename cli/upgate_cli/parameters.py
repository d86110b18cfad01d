"""Types of options that click has none for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)


class Duration(click.ParamType):
    """A time: seconds, or a number with s, m, h or d. Its value is seconds."""

    name = "duration"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it; zero is none."""
        if isinstance(value, int):
            return value
        match = _DURATION.fullmatch(value)
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is no time: write 3600, 90m, 12h or 7d", param, ctx)
        return int(match[1]) * _UNITS[match[2] or "s"]


class Assignment(click.ParamType):
    """`name=value`. Its value is a pair."""

    name = "name=value"

    def convert(
        self,
        value: str | tuple[str, str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Split at the first equals sign."""
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        if not name or not equals:
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        return name, text


def assignments[F: Callable[..., Any]](flag: str, parameter: str, subject: str) -> Callable[[F], F]:
    """An option of pairs that may be given again."""
    return click.option(
        flag,
        parameter,
        type=Assignment(),
        multiple=True,
        metavar="NAME=VALUE",
        help=f"{subject}  [repeatable]",
    )


class _PathOf(click.ParamType):
    """A path as it was typed, looked at by the command alone; a shell completes it."""

    def __init__(self, kind: str) -> None:
        self.name = self._kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell do it: it knows the user's folders best."""
        return [CompletionItem(incomplete, type=self._kind)]


FILE = _PathOf("file")
FOLDER = _PathOf("dir")
