"""float8: training with products of 8-bit floating-point numbers, whose scales follow past steps.

Kept true: a scale and its history are trainable weights, whose "gradients" are their next values:
           the optimizer writes them over the old ones.
Source: FP8 formats for deep learning, arXiv 2209.05433; keras.layers.Dense, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.layers.quantized.part import Mode, Part
from pellucid.quantizers import compute_float8_amax_history, compute_float8_scale, quantize_and_dequantize

_DEFAULT_HISTORY = 1024
WORDS = ("inputs", "kernel", "outputs_grad")
_FORWARD, _BACKWARD = "float8_e4m3fn", "float8_e5m2"


class Float8(Mode):
    """Inputs, kernel and the outputs' gradients with the precision of float8."""

    name = "float8"
    replaces = False

    def build(self, layer, part: Part, config):
        length = getattr(layer._policy, "amax_history_length", _DEFAULT_HISTORY)
        facts = {"dtype": "float32", "trainable": True, "autocast": False, "overwrite_with_gradient": True}
        for word in WORDS:
            scale = layer.add_weight((), "ones", name=f"{word}_scale", **facts)
            setattr(layer, f"{word}_scale", scale)
            history = layer.add_weight((length,), "zeros", name=f"{word}_amax_history", **facts)
            setattr(layer, f"{word}_amax_history", history)

    def weight(self, layer, part):
        return getattr(layer, part.attribute).value

    def product(self, layer, part, inputs, training):
        """The layer's product, with inputs and kernel rounded, and later the gradient."""
        dtype = layer.compute_dtype
        x = Rounded.apply(inputs, *_scale(layer, "inputs"), dtype, training)
        kernel = Rounded.apply(self.weight(layer, part), *_scale(layer, "kernel"), dtype, training)
        return RoundedGradient.apply(layer.combine(x, kernel), *_scale(layer, "outputs_grad"), dtype)

    def bias(self, layer):
        """The bias, which the product's hardware adds in bfloat16."""
        bias = layer.bias.value
        return bias.to(torch.bfloat16).to(bias.dtype) if layer.compute_dtype == "float32" else bias

    def saved(self, layer, part):
        return [f"{word}_{what}" for word in WORDS for what in ("scale", "amax_history")]


def _scale(layer, word):
    return getattr(layer, f"{word}_scale").value, getattr(layer, f"{word}_amax_history").value


def _next(x, scale, history, dtype):
    """The scale and history of the next step."""
    most = torch.finfo(to_torch(dtype)).max
    return compute_float8_scale(history.amax(), scale, most), compute_float8_amax_history(x, history)


class Rounded(torch.autograd.Function):
    """Values with float8's precision; the gradient passes, and scale and history get their next values."""

    @staticmethod
    def forward(ctx, x, scale, history, dtype, training):
        ctx.next = _next(x, scale, history, _FORWARD) if training else (None, None)
        return quantize_and_dequantize(x, scale, _FORWARD, dtype)

    @staticmethod
    def backward(ctx, upstream):
        return upstream, *ctx.next, None, None


class RoundedGradient(torch.autograd.Function):
    """Values as they are; their gradient gets float8's precision."""

    @staticmethod
    def forward(ctx, x, scale, history, dtype):
        ctx.save_for_backward(scale, history)
        ctx.dtype = dtype
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        scale, history = ctx.saved_tensors
        rounded = quantize_and_dequantize(upstream, scale, _BACKWARD, ctx.dtype)
        return rounded, *_next(upstream, scale, history, _BACKWARD), None
