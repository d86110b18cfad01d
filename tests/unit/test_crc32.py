from __future__ import annotations

import zlib

import pytest

from upgate.contents import crc32


@pytest.mark.parametrize("sizes", [(0, 0), (0, 5), (5, 0), (1, 1), (1000, 77), (3, 4_194_304)])
def test_combined_is_the_crc32_of_both(sizes: tuple[int, int]) -> None:
    first, second = b"\x5a" * sizes[0], b"\xa7" * sizes[1]
    combined = crc32.combine(zlib.crc32(first), zlib.crc32(second), len(second))
    assert combined == zlib.crc32(first + second)


def test_order_counts() -> None:
    one, two = zlib.crc32(b"one"), zlib.crc32(b"two")
    assert crc32.combine(one, two, 3) != crc32.combine(two, one, 3)
