"""CRC-32 of a whole from those of its parts, so that bytes that were read once need not be read again to be verified.

Above: filling.py, verifying.py.

Source: Mark Adler, crc32_combine of zlib; a CRC is a polynomial over GF(2), and zeros behind it are a product.
"""

from __future__ import annotations

import functools

_POLYNOMIAL = 0xEDB88320
_BITS = 32


def joined(first: int, second: int, second_size: int) -> int:
    """The CRC-32 of two pieces one after the other.

    Args:
        first, second: those of the pieces.
        second_size: bytes of the second.
    """
    for power in range(second_size.bit_length()):
        if second_size >> power & 1:
            first = _times(_zero_bytes(power), first)
    return first ^ second


@functools.cache
def _zero_bytes(power: int) -> tuple[int, ...]:
    """What 2**power bytes of zeros behind a piece do to its CRC, as a matrix of bits."""
    if power == 0:
        matrix = (_POLYNOMIAL, *(1 << k for k in range(_BITS - 1)))  # one bit
        for _ in range(3):
            matrix = tuple(_times(matrix, column) for column in matrix)
        return matrix
    half = _zero_bytes(power - 1)
    return tuple(_times(half, column) for column in half)


def _times(matrix: tuple[int, ...], bits: int) -> int:
    total = 0
    for column in matrix:
        if not bits:
            break
        if bits & 1:
            total ^= column
        bits >>= 1
    return total
