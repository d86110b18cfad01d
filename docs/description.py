"""docs/openapi.yaml as an object: for the page that is made of it, and for the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).parent / "openapi.yaml"

_METHODS = frozenset(("get", "head", "post", "put", "delete", "options"))

type Node = Mapping[str, Any]


class Description:
    """The description, with its references followed on the way."""

    def __init__(self, document: Node) -> None:
        self.document = document

    @classmethod
    def load(cls) -> Description:
        """Read docs/openapi.yaml."""
        return cls(yaml.safe_load(SOURCE.read_text()))

    def follow(self, node: Node) -> Node:
        """The node, or what it refers to."""
        while "$ref" in node:
            found: Any = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            node = found
        return node

    def operations(self) -> Iterator[Operation]:
        """Every operation, in the order of the file."""
        for path, item in self.document["paths"].items():
            shared = item.get("parameters", [])
            for method, node in item.items():
                if method in _METHODS:
                    named = (*shared, *node.get("parameters", []))
                    parameters = tuple(self.follow(parameter) for parameter in named)
                    yield Operation(method.upper(), path, node, parameters)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `parameters` with those that all methods of the path share."""

    method: str
    path: str
    node: Node
    parameters: tuple[Node, ...]

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def above_599(self) -> tuple[int, ...]:
        """The protocol's numbers that OpenAPI cannot list."""
        return tuple(self.node.get("x-upgate-status", ()))
