"""Dense, EinsumDense, embeddings and the plainest layers lowered.

Below:  site.py, activation.py.
"""

from __future__ import annotations

import math

import torch

from pellucid.convert.flow import Value, Weight
from pellucid.convert.lowering.activation import activated
from pellucid.convert.lowering.site import Site
from pellucid.dtypes import to_torch
from pellucid.layers.einsum_dense import Equation
from pellucid.settings import epsilon


def dense(site: Site, layer, x: Value) -> Value:
    """Dense: a linear map of the last axis."""
    kernel = site.weight(layer.kernel, "in out -> out in")
    return activated(site, _linear(site, x, kernel, site.weight(layer.bias)), layer.activation)


def _linear(site: Site, x: Value, kernel, bias) -> Value:
    shape = (*x.shape[:-1], kernel.tensor.shape[0])
    return site.emit("linear", x, shape=shape, weights={"weight": kernel, "bias": bias})


def einsum_dense(site: Site, layer, x: Value) -> Value:
    """EinsumDense: a linear map where the axes at the end are summed over, else an einsum."""
    equation = Equation(layer.equation)
    inputs, outputs = equation.letters(x.ndim)
    count = sum(1 for letter in inputs if letter not in outputs)
    summed, kept = inputs[x.ndim - count :], inputs[: x.ndim - count]
    new = outputs[len(kept) :]
    is_matrix = count > 0 and outputs[: len(kept)] == kept and list(equation.kernel) == summed + new
    bias_fits = layer.bias is None or tuple(layer.bias.shape) == layer.kernel.shape[count:]
    if is_matrix and bias_fits and None not in x.shape[x.ndim - count :]:
        y = _as_matrix(site, layer, x, count)
    else:
        y = _as_einsum(site, layer, x)
    return activated(site, y, layer.activation)


def _as_matrix(site: Site, layer, x: Value, count: int) -> Value:
    kernel = site.weight(layer.kernel)
    assert kernel is not None
    sizes = kernel.tensor.shape
    features = math.prod(sizes[:count])
    matrix = Weight(kernel.tensor.reshape(features, -1).T, kernel.source, note="made a matrix, and turned")
    bias = site.weight(layer.bias)
    if bias is not None:
        bias = Weight(bias.tensor.reshape(-1), bias.source)
    if count > 1:
        x = site.reshape(x, [*_counted(site, x.shape[1 : x.ndim - count]), features])
    y = _linear(site, x, matrix, bias)
    return site.reshape(y, [*_counted(site, y.shape[1:-1]), *sizes[count:]]) if len(sizes) - count > 1 else y


def _counted(site: Site, sizes) -> list:
    return [-1 if size is None else size for size in sizes]


def _as_einsum(site: Site, layer, x: Value) -> Value:
    kernel = site.weight(layer.kernel)
    assert kernel is not None
    shape = layer.compute_output_shape(x.shape)
    y = site.emit("einsum", x, site.parameter(kernel, "weight"), shape=shape, equation=layer.equation)
    bias = site.weight(layer.bias)
    return y if bias is None else site.binary("add", y, site.parameter(bias, "bias"))


def embedding(site: Site, layer, x: Value) -> Value:
    """Embedding, and ReversibleEmbedding on its way there."""
    x = x if x.dtype in ("int32", "int64") else site.cast(x, "int32")
    table = site.weight(layer.embeddings)
    assert table is not None
    shape = (*x.shape, table.tensor.shape[1])
    return site.emit("embedding", x, shape=shape, dtype=layer.compute_dtype, weights={"weight": table})


def identity(site: Site, layer, x: Value) -> Value:
    """Identity and ActivityRegularization."""
    return x


def masking(site: Site, layer, x: Value) -> Value:
    """Masking: steps of nothing but `mask_value` become 0; what comes after must not need the mask."""
    differs = site.cast(site.binary("not_equal", x, float(layer.mask_value), dtype="bool"), x.dtype)
    return site.binary("multiply", x, site.reduce("max", differs, [-1], keepdims=True))


def rescaling(site: Site, layer, x: Value) -> Value:
    """Rescaling."""
    scaled = _with_numbers(site, layer, "multiply", x, layer.scale, "scale")
    return _with_numbers(site, layer, "add", scaled, layer.offset, "offset")


def _with_numbers(site: Site, layer, kind: str, x: Value, numbers, part: str) -> Value:
    found = layer._along_channels(numbers, torch.zeros((), dtype=to_torch(layer.compute_dtype)))
    if isinstance(found, torch.Tensor) and found.ndim == 0:
        found = found.item()
    return site.binary(kind, x, site.constant(found, part) if isinstance(found, torch.Tensor) else float(found))


def normalization(site: Site, layer, x: Value) -> Value:
    """Normalization, with the mean and variance that it has learned."""
    mean = site.constant(layer.mean.detach().cpu(), "mean")
    deviation = site.constant(layer.variance.detach().cpu().sqrt().clamp(min=epsilon()), "deviation")
    if layer.invert:
        return site.binary("add", mean, site.binary("multiply", x, deviation))
    return site.binary("divide", site.binary("subtract", x, mean), deviation)
