"""Networks of one layer, from the rows of tests/layers/cases.py, in float64; for what is asked about weights."""

from __future__ import annotations

import numpy as np
import torch

import pellucid
from layers.test_laws import as_input, built, call, draw, rows, shapes
from pellucid import Input, Model
from pellucid.errors import ArgumentError

PRODUCTS = (
    "Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D",
    "SeparableConv2D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "TimeDistributed",
    "SpectralNormalization",
)  # fmt: skip
RECURRENT = ("SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional")
HEADED = ("MultiHeadAttention", "GroupQueryAttention")
NORMALIZING = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")


def kinds(*names):
    return rows(keep=lambda case: case.layer in names)


def network(case, data_format):
    """A model of one layer with weights that differ, in float64, and values for it."""
    before, policy = pellucid.config.floatx(), pellucid.config.dtype_policy()
    pellucid.config.set_floatx("float64")
    pellucid.config.set_dtype_policy("float64")
    try:
        layer = built(case, data_format)
        symbols = [Input(shape, name=f"x{k}") for k, shape in enumerate(shapes(case, data_format))]
        model = Model(symbols, call(layer, case, symbols))
    finally:
        pellucid.config.set_floatx(before)
        pellucid.config.set_dtype_policy(policy)
    return model, layer, [torch.as_tensor(x, dtype=torch.float64) for x in draw(case, data_format, seed=3)]


def traced(case, data_format):
    model, _, x = network(case, data_format)
    t = pellucid.trace(model, as_input(x))
    return t, t.layers[-1]


def some_place(shape, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(int(rng.integers(n)) for n in shape)


def all_parts(t, at, top=10) -> dict:
    """The decompositions of an element, by part."""
    try:
        return {"": t.decompose(at, top)}
    except ArgumentError as error:
        names = [name.strip("'") for name in error.facts["expected"].split(", ")]
        return {name: t.decompose(at, top, part=name) for name in names}
