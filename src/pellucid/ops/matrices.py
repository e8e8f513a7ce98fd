"""Products of two matrices by the quicker of PyTorch's two libraries for CPUs.

Below:  processor.py knows which it is.
Above:  products.py, pieces.py and layers/core.py multiply through this.
Kept true: on processors where PyTorch's own choice is the quicker one, nothing else than PyTorch's function runs.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.ops import processor


def product(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``x @ y`` of two matrices, without a gradient."""
    return _by_onednn(x, y) if _is_for_onednn(x, y) else torch.mm(x, y)


def linear(x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """``x @ kernel + bias`` over the last axis of `x`."""
    if not _is_for_onednn(x, kernel):
        return F.linear(x, kernel.T, bias)
    y = _Product.apply(x.reshape(-1, kernel.shape[0]), kernel).view(*x.shape[:-1], kernel.shape[1])
    return y if bias is None else y + bias


def _is_for_onednn(x, y) -> bool:
    return (
        processor.is_onednn_quicker()
        and x.dtype == y.dtype == torch.float32
        and x.device.type == y.device.type == "cpu"
        and y.ndim == 2
        and x.shape[-1] == y.shape[0]
        and 0 not in (*x.shape, *y.shape)
        and type(x) is type(y) is torch.Tensor
    )


def _by_onednn(x, y):
    return torch.ops.mkldnn._linear_pointwise(x, y.t(), None, "none", [], "")


class _Product(torch.autograd.Function):
    """A product by oneDNN, which PyTorch cannot differentiate by itself."""

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return _by_onednn(x.detach(), y.detach())

    @staticmethod
    def backward(ctx, gradient):
        x, y = ctx.saved_tensors
        # Through `apply`, so that a gradient of a gradient can be had.
        of_x = _Product.apply(gradient.contiguous(), y.t()) if ctx.needs_input_grad[0] else None
        of_y = _Product.apply(x.t(), gradient.contiguous()) if ctx.needs_input_grad[1] else None
        return of_x, of_y
