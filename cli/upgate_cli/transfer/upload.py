"""One upload as the user asked for it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from upgate.contents.qetag import BLOCK_BYTES

OCTET_STREAM = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What goes with a file; `custom_variables` and `metadata` have their full names.

    A type of None leaves it to the gateway: name and content tell it (protocol.md 1.2).
    """

    mime_type: str | None = None
    custom_variables: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    part_bytes: int = BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: the bucket as scopes name it; key None leaves the name to the policy."""

    bucket: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What came of it: the gateway's answer as JSON has it, and the content's own hash."""

    answer: Any
    etag: str
