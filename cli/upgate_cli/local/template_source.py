"""template.yaml as it stands in the tree, before SAM has seen it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from upgate_cli.local.errors import StartError


def read_template(root: Path) -> dict[str, Any]:
    """Parse it with SAM's own parser, which knows `!Ref` and the like.

    Raises:
        StartError: the parser is missing.
    """
    try:
        from samtranslator.yaml_helper import yaml_parse
    except ImportError as error:
        raise StartError("SAM CLI is missing: run `uv sync` (it is in the group dev)") from error
    template: dict[str, Any] = yaml_parse((root / "template.yaml").read_text())
    return template


def check_parameters(root: Path, names: Iterable[str]) -> None:
    """Refuse parameters that the template does not have: SAM CLI would pass over them silently.

    Raises:
        StartError: there is none of this name.
    """
    given = list(names)
    known = read_template(root).get("Parameters", {}) if given else {}
    for name in given:
        if name not in known:
            raise StartError(f"template.yaml has no parameter {name}: it has {', '.join(known)}")
