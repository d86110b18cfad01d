"""A policy's operations, filled in: the template is split first, and a value is one argument.

So no value becomes a command. What a client may choose the name of a result by is held against
the token that it has: `saveas` writes as an upload does.
"""

from __future__ import annotations

import re

from upgate.errors import ForbiddenError, InvalidArgumentError
from upgate.fops import fop
from upgate.objects import object_key
from upgate.tokens.put_policy import PutPolicy
from upgate.variables.magic_variables import Field, MagicVariables
from upgate.variables.templates import Budget, Json, Resolve, as_text, render_text, variables_in

_SEPARATORS = re.compile(r"[/|;]")
# What the signer of the token and the clock decide. All else is the client's choice, be it by way
# of the content: a file's own tags are found in `avinfo`.
_NOT_THE_CLIENTS = frozenset(
    ("bucket", "endUser", "endUserSegment", "uuid", "year", "mon", "day", "hour", "min", "sec")
)
_ENTRY = 1
_HARMLESS = ("deleteAfterDays", "forceSaveKey")  # whatever a client makes of them


def fill(policy: PutPolicy, variables: MagicVariables) -> str | None:
    """The operations of an upload, as the job's list has them; None where it has none.

    Raises:
        InvalidArgumentError: a value holds a separator, or a `saveas` that it makes is broken;
            or they grow beyond limits.RENDERED_BYTES.
        ForbiddenError: a `saveas` with a client's value leaves the token's scope.
    """
    template = policy.operations
    if template is None:
        return None
    filling = _Filling(policy, variables.resolver(Field.OPERATIONS))
    return ";".join("|".join(map(filling.command, pipe.split("|"))) for pipe in template.split(";"))


def clients_variables(template: str) -> set[str]:
    """The names in a template whose value a client chooses."""
    return variables_in(template) - _NOT_THE_CLIENTS


def open_destination(command: str) -> set[str]:
    """The client's variables by which a command is, or decides, where a result is saved.

    A name that is filled in may turn out to be `saveas`.
    """
    name, *args = command.split("/")
    if name != fop.SAVE_AS:
        return clients_variables(name)
    harmless = {position + 1 for position in range(1, len(args), 2) if args[position] in _HARMLESS}
    kept = (arg for position, arg in enumerate(args) if position not in harmless)
    return set().union(*map(clients_variables, kept))


class _Filling:
    """Fills in one policy's commands, all of them within one budget."""

    def __init__(self, policy: PutPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve
        self._budget = Budget()

    def command(self, template: str) -> str:
        """One command of a pipe."""
        if not variables_in(template):
            return template
        args = [render_text(arg, self._value, self._budget) for arg in template.split("/")]
        if args[0] == fop.SAVE_AS and open_destination(template):
            self._hold(template, args)
            if self._policy.inserts_only:
                args[_ENTRY + 1 : _ENTRY + 1] = [fop.INSERT_ONLY, "1"]
        return "/".join(args)

    def _value(self, name: str) -> Json:
        value = self._resolve(name)
        if _SEPARATORS.search(as_text(value)):
            raise InvalidArgumentError(
                f"$({name}) holds a '/', a '|' or a ';', which no argument of a command may"
            )
        return value

    def _hold(self, template: str, args: list[str]) -> None:
        """Refuse a destination that the token's own uploads could not have."""
        but_entry = template.split("/")
        but_entry[_ENTRY : _ENTRY + 1] = [""]
        if open_destination("/".join(but_entry)):
            raise InvalidArgumentError("saveas: a variable may stand for the entry and no more")
        save_as = fop.parse_save_as("/".join(args))
        if save_as.bucket != self._policy.scope.bucket:
            raise ForbiddenError("saveas: the bucket doesn't match with scope")
        if not (save_as.save_key and save_as.force_save_key):
            object_key.check(self._policy, save_as.key or "")
