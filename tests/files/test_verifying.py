"""Bytes that are read once are verified once: the checksum of a whole from those of its parts."""

import io
import os
import zlib

import pytest

from pellucid.errors import FileError
from pellucid.files.crc import joined
from pellucid.files.verifying import VerifiedWindow

MB = 2**20
DATA = os.urandom(5 * MB + 333)


@pytest.mark.parametrize("sizes", [(0, 0), (1, 0), (0, 5), (10, 1), (1000, 70_001), (3, MB + 17)])
def test_checksums_of_pieces_make_that_of_the_whole(sizes):
    first, second = (DATA[:size] for size in sizes)
    assert joined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def window(data=DATA, crc=None):
    file = io.BytesIO(b"before" + data + b"behind")
    return VerifiedWindow(file, 6, len(data), zlib.crc32(DATA) if crc is None else crc, lambda: FileError("Damaged."))


def read(part, place, size):
    buffer = bytearray(min(size, len(DATA) - place))
    assert part.fill(place, buffer) == zlib.crc32(buffer)
    return bytes(buffer)


READS = [
    [], [(0, MB)], [(100, 3 * MB), (4 * MB, MB + 10)], [(0, len(DATA))], [(3 * MB, 99 * MB)],
    [(5, 2 * MB), (10, 2 * MB), (5, 2 * MB)], [(MB, MB), (2 * MB, MB), (0, MB)], [(7, 10), (len(DATA), MB)],
]  # fmt: skip


@pytest.mark.parametrize("reads", READS, ids=str)
def test_whatever_was_read_before_the_verdict_is_the_same(reads):
    good, bad = window(), window(crc=1)
    for part in (good, bad):
        for place, size in reads:
            assert read(part, place, size) == DATA[place : place + size]
    good.confirm()
    with pytest.raises(FileError, match="Damaged"):
        bad.confirm()


@pytest.mark.parametrize("at", [0, MB - 1, 2 * MB + 5, len(DATA) - 1])
def test_a_flipped_bit_is_seen_wherever_it_is(at):
    flipped = bytearray(DATA)
    flipped[at] ^= 4
    part = window(bytes(flipped))
    read(part, 2 * MB, MB)
    with pytest.raises(FileError, match="Damaged"):
        part.confirm()


def test_a_part_that_ends_too_early_is_told():
    with pytest.raises(FileError, match="ends too early"):
        window().fill(MB, bytearray(len(DATA)))


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def readinto(self, buffer):
        self.count += len(buffer)
        return super().readinto(buffer)


def test_large_pieces_are_not_read_again():
    file = Counting(DATA)
    part = VerifiedWindow(file, 0, len(DATA), zlib.crc32(DATA), lambda: FileError("Damaged."))
    read(part, 0, 5 * MB)
    part.confirm()
    part.confirm()
    assert file.count == len(DATA)
