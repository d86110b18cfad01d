"""CRC-32 of a whole from the CRC-32 of its pieces (the matrix method of zlib's crc32_combine)."""

from __future__ import annotations

from functools import cache

_POLYNOMIAL = 0xEDB88320  # IEEE 802.3, reflected

type _Matrix = tuple[int, ...]


def combine(first: int, second: int, second_bytes: int) -> int:
    """CRC-32 of two pieces one after the other; the first one's length does not matter."""
    return _times(_zeros(second_bytes), first) ^ second


@cache
def _zeros(count: int) -> _Matrix:
    """What `count` bytes of zeros do to a CRC; blocks mostly have one size, so it is kept."""
    operator = _ONE_BIT
    for _ in range(3):
        operator = _product(operator, operator)
    result: _Matrix = tuple(1 << bit for bit in range(32))
    while count:
        if count & 1:
            result = _product(operator, result)
        operator = _product(operator, operator)
        count >>= 1
    return result


def _product(left: _Matrix, right: _Matrix) -> _Matrix:
    return tuple(_times(left, column) for column in right)


def _times(matrix: _Matrix, vector: int) -> int:
    total = 0
    for column in matrix:
        if vector & 1:
            total ^= column
        vector >>= 1
    return total


_ONE_BIT: _Matrix = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
