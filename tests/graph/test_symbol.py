"""Symbolic tensors: shape and dtype without values, and arithmetic that is noted as a graph."""

import keras
import numpy as np
import pytest
import torch

from pellucid import ops
from pellucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError
from pellucid.graph.symbol import KerasTensor, any_symbolic, is_keras_tensor

ARITHMETIC = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "floor divide": lambda x, y: x // y,
    "mod": lambda x, y: x % y,
    "power": lambda x, y: x**y,
    "less": lambda x, y: x < y,
    "not equal": lambda x, y: x != y,
    "and": lambda x, y: (x > 0) & (y > 0),
    "negative": lambda x, y: -x,
    "absolute": lambda x, y: abs(x),
    "invert": lambda x, y: ~(x > y),
}
PAIRS = [
    (((None, 3), "float32"), ((3,), "float32")),
    (((None, 1), "int32"), ((4, 5), "int8")),
    (((2, None), "float16"), ((2, 1), "int32")),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("formula", ARITHMETIC.values(), ids=ARITHMETIC)
def test_arithmetic_has_keras_s_shape_and_dtype(formula, pair):
    ours = formula(*(KerasTensor(shape, dtype) for shape, dtype in pair))
    theirs = formula(*(keras.KerasTensor(shape, dtype) for shape, dtype in pair))
    assert (ours.shape, ours.dtype) == (tuple(theirs.shape), theirs.dtype)


@pytest.mark.parametrize(
    "formula", [lambda x: 2 + x, lambda x: 2.5 * x, lambda x: 1 / x, lambda x: x - np.ones(3, "float32")]
)
@pytest.mark.parametrize("dtype", ["int32", "float16"])
def test_numbers_and_arrays_take_part(formula, dtype):
    ours, theirs = formula(KerasTensor((None, 3), dtype)), formula(keras.KerasTensor((None, 3), dtype))
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)


def test_a_matrix_product_joins_the_inner_axes():
    assert (KerasTensor((None, 2, 3)) @ KerasTensor((3, 5))).shape == (None, 2, 5)


@pytest.mark.parametrize(
    ("key", "shape"),
    [(0, (4, 6)), (slice(1, 3), (2, 4, 6)), ((..., 0), (5, 4)), ((slice(None), None), (5, 1, 4, 6))],
    ids=str,
)
def test_indexing_has_numpy_s_shape(key, shape):
    assert KerasTensor((5, 4, 6))[key].shape == shape == np.zeros((5, 4, 6))[key].shape


def test_reshaping_and_squeezing():
    assert KerasTensor((None, 2, 3)).reshape((-1, 6)).shape == (None, 6)
    assert KerasTensor((2, 3)).reshape(3, 2).shape == (3, 2)
    assert KerasTensor((2, 1, 3)).squeeze(1).shape == (2, 3)


def test_arithmetic_is_noted_as_a_node():
    x = KerasTensor((None, 3))
    y = x + 1
    assert y._keras_history.operation.name == "add" and is_keras_tensor(y)
    assert y._keras_history.operation.input is x and y._keras_history.operation.output is y


@pytest.mark.parametrize("word", ["shape", "dtype"])
def test_what_it_is_never_changes(word):
    with pytest.raises(MissingAttributeError, match=f"The {word} of a symbolic tensor never changes"):
        setattr(KerasTensor((2,)), word, None)


@pytest.mark.parametrize("use", [int, float, len, torch.relu, lambda x: [0, 1][x]])
def test_it_has_no_values(use):
    with pytest.raises(TypeError, match="no values yet"):
        use(KerasTensor((2,)))


def test_numpy_and_loops_are_refused_in_the_kinds_of_keras():
    with pytest.raises(ValueError, match="no values yet"):
        np.array(KerasTensor((2,)))
    with pytest.raises(NotImplementedError, match="for"):
        iter(KerasTensor((2,)))


def test_it_equals_itself_only():
    x, y = KerasTensor((2,)), KerasTensor((2,))
    assert x == x and not x == y and [y, x].index(x) == 1 and x in [y, x]


def test_it_is_neither_true_nor_false():
    with pytest.raises(ArgumentTypeError, match="neither true nor false"):
        bool(KerasTensor(()))


@pytest.mark.parametrize("shape", [(-1, 2), ("a",), 3, (1.5,), None, "ab"], ids=str)
def test_a_shape_is_a_tuple_of_sizes(shape):
    for symbol in (KerasTensor, keras.KerasTensor):
        with pytest.raises(ValueError):
            symbol(shape)


def test_it_is_sparse_or_ragged_not_both():
    with pytest.raises(ArgumentError, match="not both"):
        KerasTensor((2,), sparse=True, ragged=True)
    assert "sparse=True" in repr(KerasTensor((2,), sparse=True))


def test_symbols_are_found_at_any_depth():
    x = KerasTensor((2,))
    assert any_symbolic((1, [2, {"a": (x,)}]), {}) and any_symbolic((), {"k": [x]})
    assert not any_symbolic((1, [2, "x"]), {"k": None})


def test_operations_on_values_and_symbols_agree():
    value = torch.arange(6.0).reshape(2, 3)
    symbol = KerasTensor((2, 3))
    for function in (ops.sum, ops.abs, lambda x: ops.transpose(x), lambda x: ops.concatenate([x, x], axis=1)):
        assert tuple(function(value).shape) == function(symbol).shape
