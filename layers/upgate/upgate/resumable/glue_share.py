"""One invocation's share of an assembly: what the glue function is told, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from upgate.resumable.assembly_plan import Copy, Join, PlannedPart
from upgate.resumable.piece import Piece


@dataclass(frozen=True, slots=True)
class GlueShare:
    """Numbered parts of one S3 multipart upload."""

    bucket: str
    key: str
    multipart_id: str
    parts: tuple[tuple[int, PlannedPart], ...]

    def to_object(self) -> dict[str, Any]:
        """What its JSON text decodes to."""
        return {
            "bucket": self.bucket,
            "key": self.key,
            "multipart_id": self.multipart_id,
            "parts": [{"number": number, **asdict(part)} for number, part in self.parts],
        }

    @classmethod
    def from_object(cls, value: Mapping[str, Any]) -> GlueShare:
        """Read what JSON text decoded to; raises KeyError or TypeError for anything else."""
        return cls(
            bucket=value["bucket"],
            key=value["key"],
            multipart_id=value["multipart_id"],
            parts=tuple((part["number"], _planned(part)) for part in value["parts"]),
        )


def _planned(part: Mapping[str, Any]) -> PlannedPart:
    if "pieces" in part:
        return Join(tuple(Piece(**piece) for piece in part["pieces"]))
    return Copy(part["name"])
