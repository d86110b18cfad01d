"""Filling `$(name)` and `${name}` into the policy's templates (protocol.md 6.1 and 6.3).

One pass, never a second one over what was filled in: the value of an `x:` variable is no template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from upgate import limits
from upgate.errors import InvalidArgumentError

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None
type Resolve = Callable[[str], Json]
"""Gives a variable's value by name; None where there is none."""

_VARIABLE = r"\$\(([^()]*)\)|\$\{([^{}]*)\}"
_ANY_VARIABLE = re.compile(_VARIABLE)
# A whole string literal (a missing end quote ends it with the template), or a bare variable.
_JSON_PIECE = re.compile(rf'"(?:[^"\\]|\\.)*+"?|{_VARIABLE}', re.DOTALL)


def render_json(template: str, resolve: Resolve) -> str:
    """Fill a JSON template: returnBody, or callbackBody of type application/json.

    Bare, a value becomes a JSON literal (missing: null); inside a string literal it becomes the
    text of the value, escaped (missing: nothing). The template itself is passed on as it is.

    Raises:
        InvalidArgumentError: the result exceeds limits.RENDERED_BYTES.
    """
    budget = Budget()

    def inside_string(match: re.Match[str]) -> str:
        return budget.spend(_dump(as_text(resolve(_name(match))))[1:-1])

    def piece(match: re.Match[str]) -> str:
        if match[0].startswith('"'):
            return _ANY_VARIABLE.sub(inside_string, match[0])
        return budget.spend(_dump(resolve(_name(match))))

    return _JSON_PIECE.sub(piece, template)


def render_form(template: str, resolve: Resolve) -> str:
    """Fill a form template or a URL: every value percent-encoded, the template's own text kept.

    Raises:
        InvalidArgumentError: the result exceeds limits.RENDERED_BYTES.
    """
    budget = Budget()
    return _ANY_VARIABLE.sub(
        lambda match: budget.spend(quote(as_text(resolve(_name(match))), safe="")), template
    )


def render_text(template: str, resolve: Resolve, budget: Budget | None = None) -> str:
    """Fill a plain template: saveKey, or a piece of asyncOps that shares a budget with the others.

    Raises:
        InvalidArgumentError: the result exceeds limits.RENDERED_BYTES.
    """
    spend = (budget or Budget()).spend
    return _ANY_VARIABLE.sub(lambda match: spend(as_text(resolve(_name(match)))), template)


def variables_in(template: str) -> set[str]:
    """The names that a template asks for."""
    return {_name(match) for match in _ANY_VARIABLE.finditer(template)}


def renamed(template: str, names: Mapping[str, str]) -> str:
    """The template with other variables in the places of those that `names` has."""

    def piece(match: re.Match[str]) -> str:
        new = names.get(_name(match))
        return match[0] if new is None else f"$({new})"

    return _ANY_VARIABLE.sub(piece, template)


def without_variables(template: str) -> str:
    """The template's own text."""
    return _ANY_VARIABLE.sub("", template)


def as_text(value: Json) -> str:
    """A value as it stands in running text; nothing where there is none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _dump(value)


class Budget:
    """What variables may add to a template: a short one can name a long value a thousand times."""

    def __init__(self) -> None:
        self._left = limits.RENDERED_BYTES

    def spend(self, text: str) -> str:
        """Take a value into account; raises InvalidArgumentError where it is too much."""
        self._left -= len(text.encode())
        if self._left < 0:
            raise InvalidArgumentError(
                f"a template of the upload token exceeds {limits.RENDERED_BYTES} bytes when filled"
            )
        return text


def _name(match: re.Match[str]) -> str:
    round_brackets, curly_brackets = match.groups()
    name: str = curly_brackets if round_brackets is None else round_brackets
    return name.strip()


def _dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
