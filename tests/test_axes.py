"""Axes by name and number; moves of axes in words."""

import numpy as np
import pytest

from pellucid import axes
from pellucid.errors import ArgumentError, ArgumentTypeError


@pytest.mark.parametrize(
    ("rank", "data_format", "expected"),
    [
        (2, "channels_last", ("batch", "height", "width", "channels")),
        (2, "channels_first", ("batch", "channels", "height", "width")),
        (1, "channels_last", ("batch", "steps", "channels")),
        (3, "channels_first", ("batch", "channels", "depth", "height", "width")),
    ],
)
def test_axes_have_names(rank, data_format, expected):
    assert axes.layout(rank, data_format) == expected
    assert expected[axes.channels_axis(data_format)] == "channels"


def test_a_move_in_words_is_a_permutation():
    assert axes.move("height width in out -> out in height width") == (3, 2, 0, 1)
    assert np.zeros((3, 5, 8, 16)).transpose(axes.move("height width in out -> out in height width")).shape == (
        16,
        8,
        3,
        5,
    )


@pytest.mark.parametrize("words", ["in out -> out in", "height width in out -> out in height width", "a b c -> c a b"])
def test_a_move_backwards_undoes_it(words):
    there, back = axes.move(words), axes.move(axes.backwards(words))
    assert [there[axis] for axis in back] == list(range(len(there)))


def test_a_move_loses_no_axis():
    with pytest.raises(ArgumentError, match="same axes"):
        axes.move("a b -> a c")


@pytest.mark.parametrize("ndim", [3, 4, 5])
def test_channels_go_there_and_back(ndim):
    value = np.zeros(range(2, 2 + ndim))
    first = value.transpose(axes.channels_first_permutation(ndim))
    assert first.shape[:2] == (2, ndim + 1)
    assert first.transpose(axes.channels_last_permutation(ndim)).shape == value.shape


@pytest.mark.parametrize(("axis", "expected"), [(0, 0), (3, 3), (-1, 3), (-4, 0)])
def test_an_axis_counts_from_either_end(axis, expected):
    assert axes.canonical(axis, 4) == expected


@pytest.mark.parametrize("axis", [4, -5])
def test_an_axis_that_is_not_there_is_refused(axis):
    with pytest.raises(ArgumentError, match=f"no axis {axis}"):
        axes.canonical(axis, 4)


@pytest.mark.parametrize(
    ("value", "expected"), [(3, (3, 3)), ((1, 2), (1, 2)), ([4, 5], (4, 5)), (np.array([6, 7]), (6, 7))]
)
def test_sizes_come_as_one_number_or_several(value, expected):
    assert axes.sizes(value, 2, "strides") == expected


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ((1, 2, 3), ValueError),
        (0, ValueError),
        ((1, -1), ValueError),
        ("ab", ValueError),
        (1.5, ValueError),
        (None, TypeError),
    ],
    ids=str,
)
def test_wrong_sizes_are_refused_by_name(value, error):
    with pytest.raises(error, match="strides") as caught:
        axes.sizes(value, 2, "strides")
    assert isinstance(caught.value, (ArgumentError, ArgumentTypeError))
