"""Sizes of weights: numbers, bytes, and bytes as a reader wants them."""

import pytest

from pellucid.graph.variable import Variable
from pellucid.report.sizes import count_params, readable_memory_size, weight_memory_size


@pytest.mark.parametrize(
    "size_bytes, words",
    [
        (0, "0.00 B"),
        (1023, "1023.00 B"),
        (1024, "1.00 KB"),
        (1536, "1.50 KB"),
        (3 * 1024**3, "3.00 GB"),
        (1024**6, "1024.00 PB"),
    ],
)
def test_bytes_are_read_in_the_unit_that_suits(size_bytes, words):
    assert readable_memory_size(size_bytes) == words


@pytest.mark.parametrize(
    "dtype, size", [("float32", 24), ("float16", 12), ("bfloat16", 12), ("int64", 48), ("uint8", 6)]
)
def test_six_numbers_take_the_bytes_of_their_dtype(dtype, size):
    assert weight_memory_size([Variable("zeros", shape=(2, 3), dtype=dtype)]) == size


def test_eight_bools_are_one_byte_as_keras_counts():
    assert weight_memory_size([Variable("zeros", shape=(8,), dtype="bool", trainable=False)]) == 1


def test_a_weight_listed_twice_takes_its_bytes_once():
    v = Variable("zeros", shape=(2, 3))
    assert (count_params([v, v]), weight_memory_size([v, v])) == (12, 24)
