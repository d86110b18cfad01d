"""The HTTP API's routes as the deployed template has them, and how a path finds its route."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from upgate_cli.local.conditions import Choices
from upgate_cli.local.security import Scheme, scheme_of
from upgate_cli.local.stack import Stack

DEFAULT = "$default"

_ANY_METHOD = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_FUNCTION = re.compile(r"\$\{(\w+)\.Arn\}")
_VARIABLE = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its key (`POST /`, `ANY /a/{proxy+}` or `$default`) and the function behind it.

    `scheme` says who may use it; None is everybody.
    """

    key: str
    function: str
    scheme: Scheme | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A route that was found, with the values of its path variables."""

    route: Route
    path_parameters: Mapping[str, str]


class RouteTable:
    """Picks a route as an HTTP API does: a full match, then a greedy one, then `$default`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        by_key = {route.key: route for route in routes}
        self._default = by_key.pop(DEFAULT, None)
        self._routes = sorted(map(_Pattern, by_key.values()), key=lambda pattern: pattern.rank)

    def match(self, method: str, path: str) -> Match | None:
        """Find the route of a decoded path; None is the gateway's own 404."""
        # Extra slashes at the very start do not count in the choice, though the function sees them;
        # nor does one at the end, with which no route may end (aws/aws-sam-cli#1495).
        whole = "/" + path.lstrip("/")
        for sought in (whole, whole.removesuffix("/")):
            for pattern in self._routes:
                if pattern.method in (method, "ANY") and (
                    found := pattern.expression.fullmatch(sought)
                ):
                    return Match(pattern.route, found.groupdict())
        return Match(self._default, {}) if self._default else None


class _Pattern:
    """A route that has a path, with its expression and its place in the order of choice."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.method, template = route.key.split(" ", 1)
        pieces: list[str] = []
        end = 0
        for variable in _VARIABLE.finditer(template):
            name, greedy = variable.groups()
            pieces.append(re.escape(template[end : variable.start()]))
            pieces.append(f"(?P<{name}>{'.+' if greedy else '[^/]+'})")
            end = variable.end()
        pieces.append(re.escape(template[end:]))
        self.expression = re.compile("".join(pieces), re.DOTALL)
        literals = sum(not _VARIABLE.fullmatch(part) for part in template.split("/"))
        self.rank = ("+}" in template, -literals, self.method == "ANY")


def routes_of(stack: Stack) -> list[Route]:
    """Read the routes of every HTTP API in a deployed stack.

    SAM writes the events of all functions into the API's OpenAPI `Body`.

    Raises:
        ValueError: a route leads to no function, or has an authorizer of an unknown kind.
    """
    choices = Choices(stack.template, stack.parameters)
    return [
        route
        for resource in stack.template["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
        for route in _routes(choices.settle(resource["Properties"]["Body"]), stack.resources)
    ]


def _routes(body: Mapping[str, Any], resources: Mapping[str, str]) -> Iterator[Route]:
    schemes = body.get("components", {}).get("securitySchemes", {})
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            found = _FUNCTION.search(operation[_INTEGRATION]["uri"]["Fn::Sub"])
            if found is None:
                raise ValueError(f"the route {path} leads to no function of this stack")
            verb = "ANY" if method == _ANY_METHOD else method.upper()
            key = DEFAULT if path.lstrip("/") == DEFAULT else f"{verb} {path}"
            yield Route(key, resources[found[1]], scheme_of(operation, schemes))
