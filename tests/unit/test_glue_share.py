from __future__ import annotations

import json

import pytest

from upgate.resumable.assembly_plan import Copy, Join
from upgate.resumable.glue_share import GlueShare
from upgate.resumable.piece import Piece

SHARE = GlueShare(
    "b", "k/好", "id", ((1, Copy("name")), (7, Join((Piece("a", 1, "e", 3), Piece("b", 2, "f")))))
)


def test_share_comes_through_json_as_it_was() -> None:
    assert GlueShare.from_object(json.loads(json.dumps(SHARE.to_object()))) == SHARE


@pytest.mark.parametrize(
    "change", [{"parts": [{"number": 1}]}, {"parts": [{"number": 1, "pieces": [{"name": "a"}]}]}]
)
def test_other_messages_are_faults(change: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        GlueShare.from_object(SHARE.to_object() | change)
