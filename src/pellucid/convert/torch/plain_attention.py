"""PlainAttention: what `torch.nn.MultiheadAttention` computes, in steps that say which axis is which.

Above: exporting.py puts it in the place of the original, whose own steps mix the batch with the heads.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class PlainAttention(nn.Module):
    """The same function with the same weights, the batch always first.

    Args:
        original: the module whose weights it shares.
    """

    def __init__(self, original: nn.MultiheadAttention):
        super().__init__()
        self.heads, self.batch_first = original.num_heads, original.batch_first
        self.has_extras = original.bias_k is not None or original.add_zero_attn
        width = original.embed_dim
        for at, word in enumerate(("q_proj", "k_proj", "v_proj")):
            whole = original.in_proj_weight
            own = getattr(original, f"{word}_weight") if whole is None else whole[at * width : (at + 1) * width]
            bias = original.in_proj_bias
            part = None if bias is None else bias[at * width : (at + 1) * width]
            setattr(self, word, _linear(own, part))
        self.out_proj = original.out_proj

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
        average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        if self.has_extras or key_padding_mask is not None:
            raise NotImplementedError("MultiheadAttention with bias_k, add_zero_attn or key_padding_mask")
        if not self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        projected = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        query, key, value = (x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2) for x in projected)
        bias = _as_bias(attn_mask, query)
        weights = None
        if need_weights:
            scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(2, 3))
            weights = torch.softmax(scores if bias is None else scores + bias, dim=-1)
            y = torch.matmul(weights, value)
            weights = weights.mean(dim=1) if average_attn_weights else weights
        else:
            y = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        y = self.out_proj(y.transpose(1, 2).flatten(2))
        return (y if self.batch_first else y.transpose(0, 1)), weights


def _linear(weight, bias) -> nn.Linear:
    with torch.device("meta"):
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    linear.weight = nn.Parameter(weight.detach(), weight.requires_grad)
    if bias is not None:
        linear.bias = nn.Parameter(bias.detach(), bias.requires_grad)
    return linear


def _as_bias(mask, query):
    """A mask as numbers to add: in PyTorch True means blocked."""
    if mask is None or mask.dtype is not torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=query.dtype, device=mask.device).masked_fill(mask, float("-inf"))
