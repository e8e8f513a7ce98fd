"""Fingerprints of texts: FarmHash's Fingerprint64 and SipHash-2-4, by which TensorFlow puts words into bins.

Above: layers/hashing.py and layers/lookup.py, so that a word lands in the bin where Keras put it.

Source: Google's FarmHash 1.1 (farmhashna); Aumasson and Bernstein 2012; FingerprintCat64 of TensorFlow.
"""

from __future__ import annotations

from functools import lru_cache

_ALL = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


@lru_cache(maxsize=65536)
def fingerprint(data: bytes) -> int:
    """The 64 bits of FarmHash's Fingerprint64."""
    size = len(data)
    if size <= 16:
        return _up_to_16(data, size)
    if size <= 32:
        return _up_to_32(data, size)
    if size <= 64:
        return _up_to_64(data, size)
    return _long(data, size)


def joined(first: int, second: int) -> int:
    """One fingerprint for two, in their order."""
    multiplier = 0xC6A4A7935BD1E995
    result = first ^ multiplier
    result ^= _mix(second * multiplier & _ALL) * multiplier & _ALL
    result = result * multiplier & _ALL
    return _mix(_mix(result) * multiplier & _ALL)


@lru_cache(maxsize=65536)
def keyed(data: bytes, key: tuple[int, int]) -> int:
    """The 64 bits of SipHash-2-4 under a key of two numbers."""
    k0, k1 = (number & _ALL for number in key)
    state = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(data) // 8 * 8
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 255) << 56)
    for word in words:
        state[3] ^= word
        _sip_round(state)
        _sip_round(state)
        state[0] ^= word
    state[2] ^= 255
    for _ in range(4):
        _sip_round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sip_round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & _ALL
    v[2] = (v[2] + v[3]) & _ALL
    v[1] = _right(v[1], 64 - 13) ^ v[0]
    v[3] = _right(v[3], 64 - 16) ^ v[2]
    v[0] = _right(v[0], 32)
    v[2] = (v[2] + v[1]) & _ALL
    v[0] = (v[0] + v[3]) & _ALL
    v[1] = _right(v[1], 64 - 17) ^ v[2]
    v[3] = _right(v[3], 64 - 21) ^ v[0]
    v[2] = _right(v[2], 32)


# ---- FarmHash, by the length of the text


def _right(value: int, by: int) -> int:
    """The bits moved to the right, those that fall out coming back on the left."""
    return (value >> by | value << (64 - by)) & _ALL


def _mix(value: int) -> int:
    return value ^ value >> 47


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _of_16(u: int, v: int, multiplier: int) -> int:
    a = _mix((u ^ v) * multiplier & _ALL)
    return _mix((v ^ a) * multiplier & _ALL) * multiplier & _ALL


def _up_to_16(data: bytes, size: int) -> int:
    multiplier = (_K2 + size * 2) & _ALL
    if size >= 8:
        a, b = (_word(data, 0) + _K2) & _ALL, _word(data, size - 8)
        c = (_right(b, 37) * multiplier + a) & _ALL
        return _of_16(c, (_right(a, 25) + b) * multiplier & _ALL, multiplier)
    if size >= 4:
        return _of_16(size + (_word(data, 0, 4) << 3), _word(data, size - 4, 4), multiplier)
    if size == 0:
        return _K2
    y = data[0] + (data[size >> 1] << 8)
    z = size + (data[size - 1] << 2)
    return _mix((y * _K2 ^ z * _K0) & _ALL) * _K2 & _ALL


def _ends(data: bytes, size: int, first: int, multiplier: int) -> tuple[int, int, int, int]:
    """Two words of the beginning and two of the end, as the two middle lengths begin."""
    return (
        _word(data, 0) * first & _ALL,
        _word(data, 8),
        _word(data, size - 8) * multiplier & _ALL,
        _word(data, size - 16) * _K2 & _ALL,
    )


def _up_to_32(data: bytes, size: int) -> int:
    multiplier = (_K2 + size * 2) & _ALL
    a, b, c, d = _ends(data, size, _K1, multiplier)
    u = _right((a + b) & _ALL, 43) + _right(c, 30) + d
    return _of_16(u & _ALL, (a + _right((b + _K2) & _ALL, 18) + c) & _ALL, multiplier)


def _up_to_64(data: bytes, size: int) -> int:
    multiplier = (_K2 + size * 2) & _ALL
    a, b, c, d = _ends(data, size, _K2, multiplier)
    y = (_right((a + b) & _ALL, 43) + _right(c, 30) + d) & _ALL
    z = _of_16(y, (a + _right((b + _K2) & _ALL, 18) + c) & _ALL, multiplier)
    e, f = _word(data, 16) * multiplier & _ALL, _word(data, 24)
    g = (y + _word(data, size - 32)) * multiplier & _ALL
    h = (z + _word(data, size - 24)) * multiplier & _ALL
    u = _right((e + f) & _ALL, 43) + _right(g, 30) + h
    return _of_16(u & _ALL, (e + _right((f + a) & _ALL, 18) + g) & _ALL, multiplier)


def _long(data: bytes, size: int) -> int:
    """Blocks of 64 bytes, the last one reaching back over what was read already."""
    y = (81 * _K1 + 113) & _ALL
    state = (81 * _K2 + _word(data, 0) & _ALL, y, _mix((y * _K2 + 113) & _ALL) * _K2 & _ALL, (0, 0), (0, 0))
    for at in range(0, (size - 1) // 64 * 64, 64):
        state = _block(data, at, state, _K1, 1)
    x, y, z, v, w = state
    multiplier = (_K1 + ((z & 255) << 1)) & _ALL
    w0 = (w[0] + ((size - 1) & 63)) & _ALL
    v0 = (v[0] + w0) & _ALL
    w0 = (w0 + v0) & _ALL
    x, y, z, v, w = _block(data, size - 64, (x, y, z, (v0, v[1]), (w0, w[1])), multiplier, 9)
    u = (_of_16(v[0], w[0], multiplier) + _mix(y) * _K0 + z) & _ALL
    return _of_16(u, (_of_16(v[1], w[1], multiplier) + x) & _ALL, multiplier)


def _block(data: bytes, at: int, state: tuple, multiplier: int, weight: int) -> tuple:
    x, y, z, v, w = state
    x = _right((x + y + v[0] + _word(data, at + 8)) & _ALL, 37) * multiplier & _ALL
    y = _right((y + v[1] + _word(data, at + 48)) & _ALL, 42) * multiplier & _ALL
    x ^= w[1] * weight & _ALL
    y = (y + v[0] * weight + _word(data, at + 40)) & _ALL
    z = _right((z + w[0]) & _ALL, 33) * multiplier & _ALL
    v = _weak(data, at, v[1] * multiplier & _ALL, (x + w[0]) & _ALL)
    w = _weak(data, at + 32, (z + w[1]) & _ALL, (y + _word(data, at + 16)) & _ALL)
    return z, y, x, v, w


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_word(data, at + 8 * i) for i in range(4))
    a = (a + w) & _ALL
    b = _right((b + a + z) & _ALL, 21)
    c = a
    a = (a + x + y) & _ALL
    return (a + z) & _ALL, (b + _right(a, 44) + c) & _ALL
