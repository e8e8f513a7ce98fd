"""K's variables, constants, placeholders and random numbers."""

from __future__ import annotations

import numpy as np

from pellucid import ops, random
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_numpy
from pellucid.graph.variable import Variable
from pellucid.settings import floatx


def variable(value, dtype=None, name=None, constraint=None):
    """A weight that belongs to no layer."""
    if hasattr(value, "toarray"):
        value = value.toarray()
    made = Variable(ops.convert_to_tensor(value, dtype=dtype or floatx()), name=name)
    made.constraint = constraint
    return made


def constant(value, dtype=None, shape=None, name=None):
    """A tensor of given values; of one value in a shape."""
    tensor = ops.convert_to_tensor(value, dtype=dtype or floatx())
    return (
        tensor
        if shape is None
        else ops.broadcast_to(tensor, tuple(shape))
        if not tensor.shape
        else ops.reshape(tensor, tuple(shape))
    )


def placeholder(shape=None, ndim=None, dtype=None, sparse=False, name=None, ragged=False):
    """A symbol for values to come: an input of `function`."""
    shape = (None,) * ndim if shape is None and ndim is not None else shape
    return KerasTensor(tuple(shape or ()), dtype=dtype or floatx(), name=name)


def zeros(shape, dtype=None, name=None):
    """A variable of zeros."""
    return variable(ops.zeros(tuple(shape), dtype=dtype or floatx()), dtype, name)


def ones(shape, dtype=None, name=None):
    """A variable of ones."""
    return variable(ops.ones(tuple(shape), dtype=dtype or floatx()), dtype, name)


# ---- values read and written


def get_value(x) -> np.ndarray:
    """A copy of the values of a variable or tensor."""
    return np.array(convert_to_numpy(x))


eval = get_value


def set_value(x, value):
    """Give a variable other values."""
    x.assign(value)


def batch_get_value(tensors) -> list:
    """The values of several."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Give several variables other values: pairs of variable and value."""
    for x, value in tuples:
        set_value(x, value)


def update(x, new_x):
    """x with other values."""
    return x.assign(new_x)


def update_add(x, increment):
    """x with more added."""
    return x.assign_add(increment)


def update_sub(x, decrement):
    """x with something taken away."""
    return x.assign_sub(decrement)


def moving_average_update(x, value, momentum):
    """x moved towards a value: ``x * momentum + value * (1 - momentum)``."""
    return x.assign(ops.add(ops.multiply(x, momentum), ops.multiply(value, 1 - momentum)))


# ---- random numbers


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers."""
    return random.normal(tuple(shape), mean, stddev, dtype=dtype, seed=seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers between two bounds."""
    return random.uniform(tuple(shape), minval, maxval, dtype=dtype, seed=seed)


def random_bernoulli(shape, p=0.0, dtype=None, seed=None):
    """Ones with a probability, else zeros."""
    return ops.cast(random.uniform(tuple(shape), seed=seed) <= p, dtype or floatx())


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers within two deviations."""
    return random.truncated_normal(tuple(shape), mean, stddev, dtype=dtype, seed=seed)


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    """A variable of normal numbers."""
    return variable(random_normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    """A variable of numbers between two bounds."""
    return variable(random_uniform(shape, low, high, dtype, seed), dtype, name)
