"""Attention: each query's mean of values, weighted by how well its key fits.

Below:  PyTorch's fused kernel, which picks flash or memory-saving algorithms itself.
Above:  layers/attention.py; ops/nn.py is the public door.
Axes:   (batch, length, heads, features) here, (batch, heads, length, features) in PyTorch; seen so, not copied.
"""

from __future__ import annotations

import contextlib

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor, tensors


@operation
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """``softmax(query @ key * scale + bias) @ value`` for each head. Source: arXiv:1706.03762.

    Shapes:
        query       (batch, targets, heads, features)
        key, value  (batch, sources, heads, features); fewer heads serve several heads of the query each
        bias, mask  (batch, heads, targets, sources), or anything that broadcasts to it
        output      (batch, targets, heads, features of value)

    Args:
        mask: True where a target may attend to a source. A target that may attend to none gets the mean of all.
        scale: None takes ``1 / sqrt(features)``.
        is_causal: whether targets attend to sources up to their own place only.
        flash_attention: True insists on PyTorch's flash kernel; otherwise PyTorch chooses.

    Raises:
        ShapeError: not four axes each.
        ArgumentError: both `bias` and `mask`, or a soft cap.
        OperationError: the flash kernel cannot run here.
    """
    if attn_logits_soft_cap is not None:
        raise ArgumentError("PyTorch's attention has no soft cap.", got=f"attn_logits_soft_cap={attn_logits_soft_cap}")
    if bias is not None and mask is not None:
        raise ArgumentError("Attention takes a `bias` or a `mask`.", got="both", fix="bias=where(mask, bias, -1e9)")
    query, key, value = tensors((query, key, value))
    _check_axes(query, key, value)
    if bias is not None:
        bias = tensor(bias).to(query.dtype)
    elif mask is not None:
        bias = _bias_of(mask, query, key, is_causal)
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    with _only_flash() if flash_attention else contextlib.nullcontext():
        y = F.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, is_causal=is_causal and mask is None, scale=scale,
            enable_gqa=query.shape[1] != key.shape[1],
        )  # fmt: skip
    return y.transpose(1, 2)


def _only_flash():
    return sdpa_kernel(SDPBackend.FLASH_ATTENTION)


def _check_axes(query, key, value):
    shapes = [tuple(x.shape) for x in (query, key, value)]
    if any(len(shape) != 4 for shape in shapes):
        raise ShapeError(
            "Attention takes values with four axes.",
            got=f"query {shapes[0]}, key {shapes[1]}, value {shapes[2]}",
            expected="(batch, length, heads, features) each",
            fix="ops.expand_dims(x, 2) for a single head",
        )


def _bias_of(mask, query, key, is_causal):
    """A mask as numbers to add: 0, or so far below that the softmax gives 0, unless all are."""
    mask = tensor(mask).to(torch.bool)
    if is_causal:
        mask = mask & torch.ones(query.shape[1], key.shape[1], dtype=torch.bool, device=mask.device).tril()
    # Not minus infinity, which makes a row without any True undefined.
    far_below = 0.7 * torch.finfo(query.dtype).min
    return torch.zeros(mask.shape, dtype=query.dtype, device=mask.device).masked_fill_(~mask, far_below)
