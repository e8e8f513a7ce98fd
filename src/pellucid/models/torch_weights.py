"""The weights of one PyTorch module as those of the layer that does the same.

Above:  state_dicts.py finds which module belongs to which layer.
Kept true: tensors in, tensors out, in the order of the layer's weights; what a layer does not know is None.

Source: PyTorch 2.13, torch.nn; Keras 3.15 for the order of weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

Tensors = dict[str, torch.Tensor]


def of_layer(layer, tensors: Tensors) -> list[torch.Tensor] | None:
    """A layer's weights from a module's tensors by their last names; None if nobody knows how."""
    rule = RULES.get(type(layer).__name__)
    try:
        return None if rule is None else rule(layer, tensors)
    except (KeyError, RuntimeError, ValueError, IndexError):
        return None


def _dense(layer, t: Tensors):
    return [t["weight"].T, *_bias(t)]


def _convolution(layer, t: Tensors):
    window = range(2, t["weight"].ndim)
    return [t["weight"].permute(*window, 1, 0), *_bias(t)]


def _depthwise(layer, t: Tensors):
    window = range(2, t["weight"].ndim)
    channels = t["weight"].shape[0] // layer.depth_multiplier
    kernel = t["weight"].permute(*window, 0, 1)
    return [kernel.reshape(*kernel.shape[:-2], channels, layer.depth_multiplier), *_bias(t)]


def _normalization(layer, t: Tensors):
    return [t[word] for word in ("weight", "bias", "running_mean", "running_var") if word in t]


def _prelu(layer, t: Tensors):
    return [t["weight"].reshape(layer.alpha.shape)]


def _lstm(layer, t: Tensors, back: str = ""):
    return [*_recurrent_kernels(t, back), *_sums(t, back)]


def _gru(layer, t: Tensors, back: str = ""):
    """PyTorch's rows are reset, update, new; here update comes first."""
    turned = {name: torch.cat([part(value, 1), part(value, 0), part(value, 2)]) for name, value in t.items()}
    biases = [torch.stack([turned[f"bias_ih{back}"], turned[f"bias_hh{back}"]])] if f"bias_ih{back}" in t else []
    return [*_recurrent_kernels(turned, back), *biases]


def part(rows: torch.Tensor, k: int) -> torch.Tensor:
    """The rows of one of three gates."""
    return rows.chunk(3)[k]


def _bidirectional(layer, t: Tensors):
    inner = RULES[type(layer.forward_layer).__name__]
    return [*inner(layer, t), *inner(layer, t, "_reverse")]


def _attention(layer, t: Tensors):
    heads, size = layer.num_heads, layer.key_dim
    rows = t["in_proj_weight"].chunk(3)
    biases = t["in_proj_bias"].chunk(3) if "in_proj_bias" in t else ()
    found = []
    for k, matrix in enumerate(rows):
        found.append(matrix.T.reshape(-1, heads, size))
        found += [biases[k].reshape(heads, size)] if biases else []
    out = t["out_proj.weight"].T.reshape(heads, size, -1)
    return [*found, out, *([t["out_proj.bias"]] if "out_proj.bias" in t else [])]


def _bias(t: Tensors) -> list[torch.Tensor]:
    return [t["bias"]] if "bias" in t else []


def _recurrent_kernels(t: Tensors, back: str) -> list[torch.Tensor]:
    return [t[f"weight_ih{back}"].T, t[f"weight_hh{back}"].T]


def _sums(t: Tensors, back: str) -> list[torch.Tensor]:
    return [t[f"bias_ih{back}"] + t[f"bias_hh{back}"]] if f"bias_ih{back}" in t else []


RULES: dict[str, Callable] = {
    "Dense": _dense,
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "Conv1DTranspose": _convolution,
    "Conv2DTranspose": _convolution,
    "Conv3DTranspose": _convolution,
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "BatchNormalization": _normalization,
    "LayerNormalization": _normalization,
    "GroupNormalization": _normalization,
    "RMSNormalization": lambda layer, t: [t["weight"]],
    "Embedding": lambda layer, t: [t["weight"]],
    "PReLU": _prelu,
    "LSTM": _lstm,
    "GRU": _gru,
    "SimpleRNN": _lstm,
    "Bidirectional": _bidirectional,
    "MultiHeadAttention": _attention,
}
