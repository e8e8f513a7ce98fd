"""Every array function of keras.ops: Keras gives the same numbers and dtypes, and symbols foretell them."""

import inspect

import keras
import numpy as np
import pytest
import torch

from ops.array_cases import CASES, SYMBOLIC, X
from pellucid import nest, ops
from pellucid.dtypes import standardize_dtype
from pellucid.graph.symbol import KerasTensor

# Keras declares int32 for these, and its PyTorch run gives int64 all the same; ours is what is declared.
DECLARED_INT32 = {"top_k", "unique", "size"}


def filled(structure, make):
    return nest.map_structure(lambda leaf: make(leaf) if isinstance(leaf, X) else leaf, structure)


def arrays(case, dtype, module):
    def make(x):
        return module.convert_to_tensor(x.array(dtype), dtype=x.dtype or dtype)

    return filled((list(case.args), dict(case.kwargs)), make)


def parts(result):
    return [x for x in nest.flatten(tuple(result) if isinstance(result, (list, tuple)) else result) if x is not None]


RUNS = [pytest.param(case, dtype, id=f"{case}-{dtype}") for case in CASES for dtype in case.dtypes]


@pytest.mark.parametrize(("case", "dtype"), RUNS)
def test_keras_gives_the_same_numbers_and_dtype(case, dtype):
    args, kwargs = arrays(case, dtype, ops)
    ours = parts(getattr(ops, case.name)(*args, **kwargs))
    args, kwargs = arrays(case, dtype, keras.ops)
    theirs = parts(getattr(keras.ops, case.name)(*args, **kwargs))
    for mine, their in zip(ours, theirs, strict=True):
        if case.name in DECLARED_INT32 and their.dtype == torch.int64:
            their = their.to(torch.int32)
        assert (mine.dtype, mine.shape) == (their.dtype, their.shape)
        tolerance = 1e-5 if mine.dtype in (torch.float32, torch.float64, torch.complex64) else 1e-2
        np.testing.assert_allclose(
            mine.to(torch.complex128).numpy(), their.to(torch.complex128).numpy(), rtol=tolerance, atol=tolerance
        )


SYMBOLIC_RUNS = [pytest.param(case, dtype, id=f"{case}-{dtype}") for case in SYMBOLIC for dtype in case.dtypes[:2]]


@pytest.mark.parametrize(("case", "dtype"), SYMBOLIC_RUNS)
def test_symbols_foretell_shape_and_dtype(case, dtype):
    def symbol(x):
        array = x.array(dtype)
        return KerasTensor(array.shape, x.dtype or dtype)

    args, kwargs = arrays(case, dtype, ops)
    real = parts(getattr(ops, case.name)(*args, **kwargs))
    args = filled(list(case.args), symbol)
    told = parts(getattr(ops, case.name)(*args, **kwargs))
    for symbolic, value in zip(told, real, strict=True):
        assert symbolic.dtype == standardize_dtype(value.dtype)
        assert all(known in (None, size) for known, size in zip(symbolic.shape, value.shape, strict=True))
        assert None not in symbolic.shape


def public_functions():
    names = [name for name in dir(keras.ops) if not name.startswith("_")]
    functions = {name: getattr(keras.ops, name) for name in names}
    return {name: f for name, f in functions.items() if callable(f) and not f.__module__.endswith((".nn", ".image"))}


@pytest.mark.parametrize("name", sorted(public_functions()))
def test_function_has_keras_signature(name):
    theirs = inspect.signature(getattr(keras.ops, name)).parameters.values()
    ours = inspect.signature(getattr(ops, name)).parameters.values()
    assert [(p.name, p.kind, p.default) for p in ours] == [(p.name, p.kind, p.default) for p in theirs]
    assert getattr(ops, name).__doc__
