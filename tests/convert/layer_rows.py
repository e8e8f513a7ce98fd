"""Each row of tests/layers/cases.py as a model of that one layer, with weights and values drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from layers.cases import CASES, Case
from pellucid.errors import UnsupportedError

ROWS = [(case, first) for case in CASES for first in ((False, True) if case.formats else (False,))]
IDS = [f"{case.id}-{'first' if first else 'last'}" for case, first in ROWS]


def each_row(keep=lambda case: True):
    """A test for each row, in both data formats where it has them."""
    chosen = [(row, name) for row, name in zip(ROWS, IDS, strict=True) if keep(row[0])]
    return pytest.mark.parametrize(("case", "first"), [row for row, _ in chosen], ids=[name for _, name in chosen])


def model_of(case: Case, first: bool, seed: int = 0):
    """A model of the row's layer, and inputs for it."""
    layer = _layer(case, first)
    several = isinstance(case.shape, list)
    shapes = case.shape if several else [case.shape]
    if first:
        shapes = [(shape[-1], *shape[:-1]) for shape in shapes]
    inputs = [pellucid.Input(shape, dtype="int32" if case.whole else "float32") for shape in shapes]
    output = layer(*inputs) if case.separate else layer(inputs if several else inputs[0])
    model = pellucid.Model(inputs if several else inputs[0], output)
    rng = np.random.default_rng(seed)
    draw_weights(model, rng)
    xs = [_values(case, rng, shape) for shape in shapes]
    return model, xs


def _layer(case: Case, first: bool):
    arguments = {**case.kwargs, **({"data_format": "channels_first"} if first else {})}
    if not case.wraps:
        return getattr(pellucid.layers, case.layer)(**arguments)
    named = case.wraps if isinstance(case.wraps, list) else [case.wraps]
    inner = [getattr(pellucid.layers, name)(**kwargs) for name, kwargs in named]
    return getattr(pellucid.layers, case.layer)(inner if len(inner) > 1 else inner[0], **arguments)


def draw_weights(model, rng):
    """Random weights; those that are variances are positive."""
    for weight in model.weights:
        if weight.dtype.startswith("float"):
            is_spread = "variance" in weight.name or "std" in weight.name
            drawn = rng.uniform(0.2, 1.2, weight.shape) if is_spread else rng.normal(size=weight.shape)
            weight.assign(drawn.astype("float32"))


def _values(case: Case, rng, shape):
    if case.whole:
        return rng.integers(0, case.whole, (2, *shape)).astype("int32")
    return rng.normal(size=(2, *shape)).astype("float32")


def answers(model, xs) -> list[np.ndarray]:
    """What a model gives."""
    with torch.no_grad():
        found = model(xs if len(xs) > 1 else xs[0])
    found = list(found) if isinstance(found, (list, tuple)) else [found]
    return [one.numpy() for one in found]


def refused_by_name(convert, model) -> bool:
    """Whether a conversion is refused, and the layer named; else it has run."""
    try:
        convert(model)
    except UnsupportedError as error:
        assert model.layers[-1].name in str(error)
        return True
    return False
