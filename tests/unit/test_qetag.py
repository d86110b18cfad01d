from __future__ import annotations

import io
import json
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest
from qiniu.utils import etag_stream

from upgate import encoding
from upgate.contents import qetag

MIB = 1024 * 1024
BLOCK = 4 * MIB


class Recipe(TypedDict):
    zeros: NotRequired[int]
    cycle: NotRequired[int]
    text: NotRequired[str]
    etag: NotRequired[str]


class Parts(TypedDict):
    parts: list[Recipe]
    etag: str


class Vectors(TypedDict):
    contents: list[Recipe]
    parts: list[Parts]


_FILE = Path(__file__).parents[1] / "vectors" / "qetag.json"
VECTORS: Vectors = json.loads(_FILE.read_text())


def _content(recipe: Recipe) -> bytes:
    cycle = bytes(range(256)) * (recipe.get("cycle", 0) // 256)
    return bytes(recipe.get("zeros", 0)) + cycle + recipe.get("text", "").encode()


def _etag(content: bytes) -> str:
    return qetag.from_block_digests(qetag.block_digests(content))


@pytest.mark.parametrize("recipe", VECTORS["contents"], ids=json.dumps)
def test_vector_gives_the_published_etag(recipe: Recipe) -> None:
    assert _etag(_content(recipe)) == recipe["etag"]


@pytest.mark.parametrize("vector", VECTORS["parts"], ids=json.dumps)
def test_parts_give_the_published_etag(vector: Parts) -> None:
    contents = [_content(part) for part in vector["parts"]]
    assert qetag.from_parts([(len(part), _etag(part)) for part in contents]) == vector["etag"]


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1])
def test_the_official_sdk_agrees(size: int) -> None:
    content = bytes(size)
    assert _etag(content) == etag_stream(io.BytesIO(content))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_content_gives_the_same(
    kind: type[bytes] | type[bytearray] | type[memoryview],
) -> None:
    digests = qetag.block_digests(kind(b"hello"))
    assert qetag.from_block_digests(digests) == "Fqr0xh3cxeii2r7eDztILNmuqUNN"


@pytest.mark.parametrize(("size", "blocks"), [(0, 1), (1, 1), (BLOCK, 1), (BLOCK + 1, 2)])
def test_a_block_ends_after_4_mib(size: int, blocks: int) -> None:
    assert len(qetag.block_digests(bytes(size))) == blocks


def test_a_part_of_4_mib_alone_has_the_plain_etag() -> None:
    assert qetag.from_parts([(BLOCK, _etag(bytes(BLOCK)))]) == _etag(bytes(BLOCK))


def test_a_first_part_of_one_byte_less_makes_a_composite_etag() -> None:
    parts = [(BLOCK - 1, _etag(bytes(BLOCK - 1))), (1, _etag(b"\0"))]
    assert qetag.from_parts(parts).startswith("n")


def test_a_last_part_of_one_byte_more_makes_a_composite_etag() -> None:
    parts = [(BLOCK, _etag(bytes(BLOCK))), (BLOCK + 1, _etag(bytes(BLOCK + 1)))]
    assert qetag.from_parts(parts).startswith("n")


def test_no_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one block"):
        qetag.from_block_digests([])


def test_no_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        qetag.from_parts([])


@pytest.mark.parametrize(
    "etag",
    [
        "",
        "hello",
        "Fqr0xh3cxeii2r7eDztILNmuqUNN+",
        encoding.encode(b"\x16" + bytes(19)),
        encoding.encode(b"\x16" + bytes(21)),
        encoding.encode(b"\x9e" + bytes(20)),  # composite: no part has that
        encoding.encode(b"\x00" + bytes(20)),
    ],
)
def test_a_part_with_no_etag_is_refused(etag: str) -> None:
    with pytest.raises(ValueError, match="not"):
        qetag.from_parts([(1, etag)])
