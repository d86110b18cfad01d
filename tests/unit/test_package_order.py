"""The packages of the rules build on each other in one direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "layers/upgate/upgate"
SHARED = "(what all share)"


def test_imports_between_packages_make_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        package = _package(path.relative_to(PACKAGE).parts)
        graph.setdefault(package, set()).update(set(_imported(path)) - {package})
    assert len(graph) > 10
    order = list(TopologicalSorter(graph).static_order())  # CycleError names a circle
    assert order[0] == SHARED


def _imported(path: Path) -> Iterator[str]:
    """The packages that a module imports from, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            first, *rest = node.module.split(".")
            if first == "upgate":
                yield from (_package((*rest, name.name, "")) for name in node.names)


def _package(parts: tuple[str, ...]) -> str:
    return parts[0] if (PACKAGE / parts[0]).is_dir() else SHARED
