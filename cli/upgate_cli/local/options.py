"""What `upgate local` was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from upgate.tokens.keys import KeyPair
from upgate_cli.local.token_auth import TokenAuth


@dataclass(frozen=True, slots=True)
class Options:
    """`root` is the folder of template.yaml; `parameters` are of its own, by name."""

    root: Path
    host: str
    port: int
    bucket: str
    keys: KeyPair
    token_auth: TokenAuth = field(default_factory=TokenAuth)
    parameters: Mapping[str, str] = field(default_factory=dict)
    has_edge: bool = True
    """Whether the front does what CloudFront would (edge.py)."""
