"""DynamoDB's expressions, as far as the gateway uses them: top-level attributes, no paths.

What DynamoDB refuses is an `InvalidRequestError`; what it would take and nobody here needs is an
`UnsupportedError`, so that no test passes on a guess. Held against moto by
tests/functional/test_fake_dynamodb.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from tests.fakes import dynamodb_values as values
from tests.fakes.dynamodb_values import InvalidRequestError, Item, UnsupportedError, Value

type Operand = Callable[[Item], Value | None]
type Condition = Callable[[Item], bool]
type Change = Callable[[Item, Item], object]
"""What it does, by the item as it was, to the item as it will be."""

_TOKEN = re.compile(r"\s*([#:][A-Za-z0-9_]+|[A-Za-z][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+-])\s*")
_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_RESERVED = frozenset(ReservedKeywords.get_reserved_keywords())


class Placeholders:
    """What `#name` and `:value` stand for in all expressions of one request."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names: Mapping[str, str] = request.get("ExpressionAttributeNames", {})
        self._values: Mapping[str, Value] = request.get("ExpressionAttributeValues", {})
        for value in self._values.values():
            values.check(value)
        self._used: set[str] = set()

    def name(self, token: str) -> str:
        """An attribute's name."""
        if not token.startswith("#"):
            if not token[0].isalpha() or token.upper() in _RESERVED:
                raise InvalidRequestError(f"{token} is no name, or a reserved keyword")
            return token
        self._used.add(token)
        if token not in self._names:
            raise InvalidRequestError(f"an expression attribute name is not defined: {token}")
        return self._names[token]

    def value(self, token: str) -> Value:
        """A value."""
        self._used.add(token)
        if token not in self._values:
            raise InvalidRequestError(f"an expression attribute value is not defined: {token}")
        return self._values[token]

    def check_all_used(self) -> None:
        """To be called when all expressions are parsed."""
        if unused := (self._names.keys() | self._values.keys()) - self._used:
            raise InvalidRequestError(f"unused in expressions: {sorted(unused)}")


class _Parser:
    """Reads one expression from its first token to its last."""

    def __init__(self, text: str, placeholders: Placeholders) -> None:
        self._tokens: list[str] = []
        self._placeholders = placeholders
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                if text[position] in ".[":
                    raise UnsupportedError(f"a path: {text}")
                raise InvalidRequestError(f"syntax error: {text[position:]}")
            self._tokens.append(found[1])
            position = found.end()
        self._tokens.append("")

    def next(self) -> str:
        """Take a token; empty at the end."""
        token = self._tokens[0]
        if token:
            del self._tokens[0]
        return token

    def takes(self, *wanted: str) -> str:
        """The next token, upper case, if it is one of these; empty if it is not."""
        token = self._tokens[0].upper()
        return self.next().upper() if token and token in wanted else ""

    def expect(self, token: str) -> None:
        """Take this token, or the end where it is empty."""
        if (found := self.next()) != token:
            raise InvalidRequestError(f"syntax error: {found!r} where {token!r} belongs")

    def path(self) -> str:
        """The name of an attribute."""
        token = self.next()
        if not token or not (token[0] == "#" or token[0].isalpha()):
            raise InvalidRequestError(f"syntax error: {token!r} is no name")
        return self._placeholders.name(token)

    def operand(self) -> Operand:
        """An attribute, a value, or the size of an attribute."""
        token = self._tokens[0]
        if token.startswith(":"):
            value = self._placeholders.value(self.next())
            return lambda _: value
        if token == "size" and self._tokens[1] == "(":
            self.next()
            (measured,) = self._arguments(1)
            return lambda item: values.size_of(measured(item))
        name = self.path()
        return lambda item: item.get(name)

    def _arguments(self, count: int) -> list[Operand]:
        self.expect("(")
        found = [self.operand()]
        while self.takes(","):
            found.append(self.operand())
        self.expect(")")
        if len(found) != count:
            raise InvalidRequestError(f"{len(found)} operands where {count} belong")
        return found

    # Conditions.

    def any_of(self) -> Condition:
        """A whole condition."""
        left = self._all_of()
        while self.takes("OR"):
            left = _either(left, self._all_of())
        return left

    def _all_of(self) -> Condition:
        left = self._one()
        while self.takes("AND"):
            left = _both(left, self._one())
        return left

    def _one(self) -> Condition:
        if self.takes("NOT"):
            inner = self._one()
            return lambda item: not inner(item)
        if self.takes("("):
            return self._parenthesized()
        if self._tokens[0] in _FUNCTIONS and self._tokens[1] == "(":
            return self._function(self.next())
        return self._comparison()

    def _parenthesized(self) -> Condition:
        if _is_redundant(self._tokens):
            raise InvalidRequestError("the expression has redundant parentheses")
        inner = self.any_of()
        self.expect(")")
        return inner

    def _function(self, name: str) -> Condition:
        count, judge = _FUNCTIONS[name]
        if self._tokens[1].startswith(":"):
            raise InvalidRequestError(f"{name} is asked of a value")
        arguments = self._arguments(count)
        return lambda item: judge(*(argument(item) for argument in arguments))

    def _comparison(self) -> Condition:
        left = self.operand()
        if self.takes("IN"):
            self.expect("(")
            choices = [self.operand()]
            while self.takes(","):
                choices.append(self.operand())
            self.expect(")")
            return lambda item: any(
                values.compare("=", left(item), choice(item)) for choice in choices
            )
        if self.takes("BETWEEN"):
            raise UnsupportedError("BETWEEN")
        if not (comparator := self.takes(*_COMPARATORS)):
            raise InvalidRequestError(f"syntax error near {self._tokens[0]!r}")
        right = self.operand()
        return lambda item: values.compare(comparator, left(item), right(item))

    # Updates.

    def update(self) -> list[tuple[str, Change]]:
        """All changes, each with the attribute that it changes."""
        changes: list[tuple[str, Change]] = []
        seen: set[str] = set()
        while clause := self.takes(*_CLAUSES):
            if clause in seen:
                raise InvalidRequestError(f"{clause} can be there only once")
            seen.add(clause)
            changes.append(self._change(clause))
            while self.takes(","):
                changes.append(self._change(clause))
        self.expect("")
        names = [name for name, _ in changes]
        if not names or len(set(names)) < len(names):
            raise InvalidRequestError("nothing to do, or two paths overlap")
        return changes

    def _change(self, clause: str) -> tuple[str, Change]:
        name = self.path()
        if clause == "SET":
            self.expect("=")
            made = self._sum()
            return name, lambda before, after: after.update({name: _present(made(before))})
        if clause == "REMOVE":
            return name, lambda _, after: after.pop(name, None)
        if not self._tokens[0].startswith(":"):
            raise InvalidRequestError(f"{clause} takes a value")
        value = self._placeholders.value(self.next())
        if clause == "ADD":
            if not (value.keys() & {"N", "SS", "NS", "BS"}):
                raise InvalidRequestError("ADD takes numbers and sets")
            return name, lambda before, after: after.update(
                {name: values.added(before.get(name), value)}
            )
        return name, lambda before, after: _delete(name, value, before, after)

    def _sum(self) -> Operand:
        left = self._set_operand()
        if not (sign := self.takes("+", "-")):
            return left
        right, factor = self._set_operand(), Decimal(1 if sign == "+" else -1)
        return lambda item: values.sum_of(_present(left(item)), _present(right(item)), factor)

    def _set_operand(self) -> Operand:
        is_call = self._tokens[1:2] == ["("]
        if is_call and self._tokens[0] == "if_not_exists":
            self.next()
            self.expect("(")
            name = self.path()
            self.expect(",")
            default = self._set_operand()
            self.expect(")")
            return lambda item: item.get(name) or default(item)
        if is_call and self._tokens[0] == "list_append":
            self.next()
            self.expect("(")
            first = self._set_operand()
            self.expect(",")
            second = self._set_operand()
            self.expect(")")
            return lambda item: values.joined(_present(first(item)), _present(second(item)))
        if is_call:
            raise InvalidRequestError(f"invalid function name: {self._tokens[0]}")
        return self.operand()


_FUNCTIONS: dict[str, tuple[int, Callable[..., bool]]] = {
    "attribute_exists": (1, lambda value: value is not None),
    "attribute_not_exists": (1, lambda value: value is None),
    "begins_with": (2, values.begins_with),
    "contains": (2, values.contains),
}


def parse_condition(text: str, placeholders: Placeholders) -> Condition:
    """A ConditionExpression, FilterExpression or KeyConditionExpression."""
    parser = _Parser(text, placeholders)
    condition = parser.any_of()
    parser.expect("")
    return condition


def parse_update(text: str, placeholders: Placeholders) -> list[tuple[str, Change]]:
    """An UpdateExpression."""
    return _Parser(text, placeholders).update()


def parse_projection(text: str, placeholders: Placeholders) -> list[str]:
    """The names of a ProjectionExpression."""
    parser = _Parser(text, placeholders)
    names = [parser.path()]
    while parser.takes(","):
        names.append(parser.path())
    parser.expect("")
    return names


def _is_redundant(tokens: list[str]) -> bool:
    """Whether all between an opened parenthesis and its end is in parentheses once more."""
    depth = 0
    for position, token in enumerate(tokens[:-1]):
        depth += (token == "(") - (token == ")")
        if depth <= 0:
            return token == ")" and tokens[position + 1] == ")"
    return False


def _either(left: Condition, right: Condition) -> Condition:
    return lambda item: left(item) or right(item)


def _both(left: Condition, right: Condition) -> Condition:
    return lambda item: left(item) and right(item)


def _present(value: Value | None) -> Value:
    if value is None:
        raise InvalidRequestError("the expression refers to an attribute that is not there")
    return value


def _delete(name: str, value: Value, before: Item, after: Item) -> None:
    if name not in before:
        values.check_set(value)
        return
    rest = values.without(before[name], value)
    if rest is None:
        del after[name]
    else:
        after[name] = rest
