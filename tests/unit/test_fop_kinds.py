from __future__ import annotations

from upgate.fops import fop, fop_kinds
from upgate_media import run
from upgate_media.image_commands import IMAGE_COMMANDS


def test_names_are_those_of_the_media_layer() -> None:
    assert frozenset(run.INSPECTIONS) == fop_kinds.INSPECTIONS
    assert frozenset(IMAGE_COMMANDS) == fop_kinds.IMAGES
    assert frozenset(run.COMMANDS) | frozenset(run.INSPECTIONS) == fop_kinds.ALL


def test_film_keeps_nobody_waiting() -> None:
    assert fop_kinds.is_quick(fop.parse_pipe("imageView2/1/w/1|imageInfo"))
    assert not fop_kinds.is_quick(fop.parse_pipe("vframe/jpg/offset/1|imageView2/1/w/1"))
