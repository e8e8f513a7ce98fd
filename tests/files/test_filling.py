"""Large buffers are filled by several threads, and summed: the same bytes and sums as by one."""

import zlib

import numpy as np
import pytest
import torch

from pellucid.errors import FileError
from pellucid.files.filling import Filled, empty, filled, summed

MB = 2**20
DATA = np.random.default_rng(0).bytes(33 * MB + 7)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("filling") / "data"
    made.write_bytes(DATA)
    return made


@pytest.mark.parametrize("buffering", [0, -1], ids=["by threads", "by one"])
@pytest.mark.parametrize(
    ("start", "size"), [(0, 0), (5, 1), (3, MB), (1, 8 * MB), (0, len(DATA)), (9 * MB + 1, 20 * MB)]
)
def test_the_bytes_of_a_place(start, size, buffering, path):
    buffer = bytearray(size)
    with open(path, "rb", buffering=buffering) as file:
        crc = filled(file, start, buffer)
    assert buffer == DATA[start : start + size] and crc == zlib.crc32(buffer)


@pytest.mark.parametrize("size", [0, 5, MB, 8 * MB, len(DATA)])
def test_a_sum_goes_on_from_another(size):
    assert summed(DATA[:size], 17) == zlib.crc32(DATA[:size], 17)


@pytest.mark.parametrize("start", [1, len(DATA) - 5, len(DATA) + 9])
def test_a_file_that_is_too_short_is_told(start, path):
    with open(path, "rb", buffering=0) as file, pytest.raises(FileError, match="ends too early"):
        filled(file, start, bytearray(len(DATA)))


def test_memory_is_given_up_once_and_as_a_whole():
    filled_ones, large, small = Filled(), empty((MB,), np.dtype("f4")), empty((3,), np.dtype("f4"))
    filled_ones.note(large)
    filled_ones.note(small)
    assert large.ctypes.data % 64 == 0
    assert not filled_ones.give_up(torch.from_numpy(small))
    assert filled_ones.give_up(torch.from_numpy(large)) and not filled_ones.give_up(torch.from_numpy(large))
    filled_ones.note(large)
    assert not filled_ones.give_up(torch.from_numpy(large)[:5])
