"""Permutations of flattened blocks, judged by NumPy's own reshapes and by elements whose places are known by hand."""

import numpy as np
import pytest
import torch

from pellucid import convert
from pellucid.errors import ArgumentError, ShapeError

SHAPES = [(2, 3, 4), (3, 3, 3), (5, 2), (2, 3, 4, 5), (3, 3, 3, 3), (4,), (1, 1, 6), (3, 2, 1)]


def test_one_element_lies_where_each_world_puts_it():
    # h=1, w=2, c=3 of (24, 24, 32): 835 in TensorFlow's order, 1754 in PyTorch's, 1777 in MATLAB's.
    assert convert.permutation((24, 24, 32))[1754] == 835
    assert convert.permutation((24, 24, 32), to="channels_last", order="F")[835] == 1777
    assert convert.permutation((24, 24, 32), order="F")[1754] == 1777


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_follow_the_transposed_block(shape):
    block = np.arange(np.prod(shape)).reshape(shape)
    moved = np.moveaxis(block, -1, 0)
    assert (convert.permutation(shape) == moved.ravel()).all()
    assert (block.ravel()[convert.permutation(shape)] == moved.ravel()).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_way_back_is_argsort_and_the_other_call(shape):
    there = convert.permutation(shape)
    back = convert.permutation((shape[-1], *shape[:-1]), from_="channels_first", to="channels_last")
    assert (np.argsort(there) == back).all()


@pytest.mark.parametrize("order", ["C", "F", "CF", "FC", "CC", "FF"])
@pytest.mark.parametrize("shape", SHAPES)
def test_orders_of_counting_are_numpys(shape, order):
    before, after = {"C": "CC", "F": "FC"}.get(order, order)
    block = np.random.default_rng(0).permutation(int(np.prod(shape))).reshape(shape)
    moved = np.moveaxis(block, -1, 0).ravel(order=after)
    assert (block.ravel(order=before)[convert.permutation(shape, order=order)] == moved).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_moved_kernel_gives_the_same_sums(axis):
    rng = np.random.default_rng(1)
    x, kernel = rng.integers(-9, 9, (2, 4, 3, 5)), rng.integers(-9, 9, (60, 7))
    given = kernel if axis == 0 else kernel.T
    moved = convert.move_rows(given, (4, 3, 5), axis=axis)
    moved = moved if axis == 0 else moved.T
    assert (np.moveaxis(x, -1, 1).reshape(2, 60) @ moved == x.reshape(2, 60) @ kernel).all()


def test_a_kernel_of_matlab_meets_its_column_major_block():
    rng = np.random.default_rng(2)
    x, kernel = rng.integers(-9, 9, (4, 3, 5)), rng.integers(-9, 9, (7, 60))  # MATLAB keeps (units, features)
    moved = convert.move_rows(kernel, (4, 3, 5), to="channels_last", order="F", axis=1)
    assert (moved @ x.ravel() == kernel @ x.ravel(order="F")).all()


def test_tensors_stay_tensors_and_the_given_kernel_stays_as_it_was():
    kernel = torch.arange(24.0).reshape(12, 2)
    moved = convert.move_rows(kernel, (2, 2, 3))
    assert isinstance(moved, torch.Tensor) and moved[1].tolist() == kernel[3].tolist()
    assert kernel[1].tolist() == [2.0, 3.0]


def test_wrong_questions_are_told():
    with pytest.raises(ArgumentError, match="`from_` says where the channels lie"):
        convert.permutation((2, 2, 3), from_="NHWC")
    with pytest.raises(ArgumentError, match="`order` says how elements are counted"):
        convert.permutation((2, 2, 3), order="K")
    with pytest.raises(ShapeError, match="A block has sizes, each a whole number"):
        convert.permutation((None, 2, 3))
    with pytest.raises(ShapeError, match=r"another number of rows(.|\n)*12 = 2\*2\*3"):
        convert.move_rows(np.zeros((11, 2)), (2, 2, 3))
