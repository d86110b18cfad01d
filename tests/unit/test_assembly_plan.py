from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upgate import limits
from upgate.errors import FileTooLargeError
from upgate.resumable import assembly_plan
from upgate.resumable.assembly_plan import Copy, Glued, Join, PlannedPart
from upgate.resumable.piece import Piece

MIB = 1024 * 1024


def pieces(*sizes: int) -> list[Piece]:
    return [Piece(f"piece-{number}", size, "e") for number, size in enumerate(sizes)]


def sizes(parts: list[PlannedPart], glued: dict[str, int]) -> list[int]:
    """Bytes by part; `glued` says what a copied object holds."""
    return [
        sum(piece.size_bytes for piece in part.pieces)
        if isinstance(part, Join)
        else glued[part.name]
        for part in parts
    ]


def test_blocks_of_4_mib_are_joined_by_two() -> None:
    blocks = pieces(*[4 * MIB] * 4, 1)
    assert assembly_plan.plan(blocks, {}) == [
        Join(tuple(blocks[0:2])),
        Join(tuple(blocks[2:4])),
        Copy("piece-4"),
    ]


def test_piece_of_an_s3_parts_least_size_is_a_part_and_a_byte_less_is_joined() -> None:
    whole = pieces(limits.S3_PART_BYTES, limits.S3_PART_BYTES)
    assert len(assembly_plan.plan(whole, {})) == 2
    less = pieces(limits.S3_PART_BYTES - 1, limits.S3_PART_BYTES)
    assert assembly_plan.plan(less, {}) == [Join(tuple(less))]


def test_glued_groups_are_copied() -> None:
    glued = {0: Glued("g0", 2), 2: Glued("g1", 2)}
    blocks = pieces(*[4 * MIB] * 5)
    plan = assembly_plan.plan(blocks, glued)
    assert plan == [Copy("g0"), Copy("g1"), Copy("piece-4")]


def test_one_piece_is_read_since_it_needs_no_multipart_upload() -> None:
    one = pieces(1)
    assert assembly_plan.plan(one, {}) == [Join(tuple(one))]


def test_empty_pieces_need_no_part() -> None:
    assert assembly_plan.plan(pieces(0), {}) == []
    assert assembly_plan.plan(pieces(5, 0), {}) == [Join((Piece("piece-0", 5, "e"),))]


def test_small_piece_between_groups_goes_with_the_group_before() -> None:
    blocks = pieces(*[4 * MIB] * 5)
    plan = assembly_plan.plan(blocks, {0: Glued("g0", 2), 3: Glued("g1", 2)})
    assert plan == [Join(tuple(blocks[:3])), Copy("g1")]


def test_small_piece_before_the_first_group_goes_with_it() -> None:
    blocks = pieces(*[4 * MIB] * 5)
    plan = assembly_plan.plan(blocks, {1: Glued("g0", 2), 3: Glued("g1", 2)})
    assert plan == [Join(tuple(blocks[:3])), Copy("g1")]


def test_as_many_parts_as_s3_takes_and_not_one_more() -> None:
    most = [Piece("p", 5 * MIB, "e")] * limits.S3_PARTS
    assert len(assembly_plan.plan(most, {})) == limits.S3_PARTS
    with pytest.raises(FileTooLargeError):
        assembly_plan.plan([*most, Piece("p", 1, "e")], {})


def test_the_longest_file_of_v1_fits() -> None:
    blocks = [Piece("p", 4 * MIB, "e")] * limits.MKFILE_BLOCKS
    assert len(assembly_plan.plan(blocks, {})) == limits.S3_PARTS


@st.composite
def uploads(draw: st.DrawFn) -> tuple[list[Piece], dict[int, Glued], dict[str, int]]:
    """Legal pieces, some of them glued as gluing.py glues: groups of 5 to 10 MiB."""
    inner = draw(st.lists(st.integers(MIB, 4_697_620), max_size=24))
    found = pieces(*inner, draw(st.integers(0, 4_697_620)))
    glued: dict[int, Glued] = {}
    held = {piece.name: piece.size_bytes for piece in found}
    position = 0
    while position < len(found):
        count = draw(st.sampled_from((0, 2, 4, 8)))
        total = sum(piece.size_bytes for piece in found[position : position + count])
        if count and position + count <= len(found) and 5 * MIB <= total < 10 * MIB:
            glued[position] = Glued(f"glued-{position}", count)
            held[f"glued-{position}"] = total
        position += max(1, count) if position in glued else 1
    return found, glued, held


@settings(max_examples=300)
@given(uploads())
def test_any_upload_becomes_parts_that_s3_takes_and_memory_holds(
    upload: tuple[list[Piece], dict[int, Glued], dict[str, int]],
) -> None:
    found, glued, held = upload
    parts = assembly_plan.plan(found, glued)
    part_sizes = sizes(parts, held)
    assert all(size >= 5 * MIB for size in part_sizes[:-1])
    assert all(0 < size < 15 * MIB for size in part_sizes)
    names: list[str] = []
    by_name = {group.name: (start, group.count) for start, group in glued.items()}
    for part in parts:
        if isinstance(part, Join):
            names += [piece.name for piece in part.pieces]
        elif part.name in by_name:
            start, count = by_name[part.name]
            names += [piece.name for piece in found[start : start + count]]
        else:
            names.append(part.name)
    sized = {piece.name for piece in found if piece.size_bytes}
    assert [name for name in names if name in sized] == [
        piece.name for piece in found if piece.size_bytes
    ]


def test_a_join_with_a_group_takes_no_more_pieces_than_memory_holds() -> None:
    """Pieces of the largest size before, between and after two pairs."""
    large = 4_697_620
    found = [Piece(f"p{number}", large, "e", None) for number in range(6)]
    glued = {1: Glued("g1", 2), 4: Glued("g4", 2)}
    held = {piece.name: large for piece in found} | {"g1": 2 * large, "g4": 2 * large}
    parts = assembly_plan.plan(found, glued)
    assert max(sizes(parts, held)) < 15 * MIB
    assert sum(sizes(parts, held)) == 6 * large


# Shares


def test_a_gigabyte_of_blocks_is_shared_by_two_under_ten_seconds_each() -> None:
    parts = assembly_plan.plan(pieces(*[4 * MIB] * 239), {})  # 1.0 GB
    shares = assembly_plan.shares(parts)
    moved = [assembly_plan.joined_bytes([part for _, part in share]) for share in shares]
    assert len(shares) == 2
    assert max(moved) / 60_000_000 < 10


def test_copies_alone_are_shared_by_the_thousand() -> None:
    copies: list[PlannedPart] = [Copy(str(number)) for number in range(1000)]
    assert len(assembly_plan.shares(copies)) == 1
    assert len(assembly_plan.shares([*copies, Copy("one more")])) == 2


def test_small_assembly_is_one_share() -> None:
    assert len(assembly_plan.shares(assembly_plan.plan(pieces(*[4 * MIB] * 140), {}))) == 1


def test_every_part_is_in_one_share_under_its_number() -> None:
    parts = assembly_plan.plan(pieces(*[4 * MIB] * 2001), {})
    shares = assembly_plan.shares(parts)
    assert [item for share in shares for item in share] == list(enumerate(parts, 1))


def test_no_more_invocations_than_the_limit() -> None:
    parts = assembly_plan.plan([Piece("p", 4 * MIB, "e")] * limits.MKFILE_BLOCKS, {})
    assert len(assembly_plan.shares(parts)) == assembly_plan.INVOCATIONS
