"""ATen functions in terms of others: each as a function of tensors, which PyTorch writes out as a graph of those.

Above:  reading.py reads that graph in the place of the function.
Kept true: a formula computes what the function of its name computes, in its own dtype; what one does not know it refuses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from pellucid.errors import UnsupportedError


def _refuse(reason: str, got) -> UnsupportedError:
    return UnsupportedError(f"{reason}.", got=got)


# ---- of each element


def _trunc(x):
    return torch.sign(x) * torch.floor(torch.abs(x))


def _remainder(x, y):
    return x - torch.floor(x / y) * y


def _fmod(x, y):
    return x - _trunc(x / y) * y


def _softplus(x, beta=1, threshold=20):
    return F.softplus(x * beta) / beta


def _threshold(x, threshold, value):
    return torch.where(x > threshold, x, value)


def _logaddexp(x, y):
    return torch.maximum(x, y) + torch.log(1 + torch.exp(-torch.abs(x - y)))


def _floor_divide(x, y, *, rounding_mode=None):
    return torch.floor(x / y)


def _div(x, y, *, rounding_mode=None):
    return torch.floor(x / y) if rounding_mode == "floor" else _trunc(x / y)


# ---- reductions


def _all_but_batch(x, dim) -> list[int]:
    if dim is None or (isinstance(dim, (list, tuple)) and not dim):
        raise _refuse("it mixes the samples of a batch", f"dim={dim}")
    return [dim] if isinstance(dim, int) else list(dim)


def _var(x, dim=None, *args, correction=1, keepdim=False, unbiased=True):
    if isinstance(dim, bool):  # var(x, unbiased)
        raise _refuse("it mixes the samples of a batch", "every axis")
    if args:
        unbiased, keepdim = (*args, keepdim)[:2]
        correction = int(unbiased)
    dims = _all_but_batch(x, dim)
    count = math.prod(x.shape[at] for at in dims)
    apart = x - x.mean(dims, keepdim=True)
    return (apart * apart).sum(dims, keepdim=keepdim) / max(0, count - (1 if correction is None else correction))


def _std(x, *args, **words):
    return torch.sqrt(_var(x, *args, **words))


def _var_mean(x, dim=None, *args, **words):
    keepdim = words.get("keepdim", args[1] if len(args) > 1 else False)
    return _var(x, dim, *args, **words), x.mean(_all_but_batch(x, dim), keepdim=keepdim)


def _std_mean(x, dim=None, *args, **words):
    spread, mean = _var_mean(x, dim, *args, **words)
    return torch.sqrt(spread), mean


def _norm(x, order=2, dim=None, keepdim=False, *, dtype=None):
    dims = _all_but_batch(x, dim)
    order = 2 if order is None else order
    size = torch.abs(x)
    if order in (math.inf, -math.inf):
        return size.amax(dims, keepdim=keepdim) if order > 0 else size.amin(dims, keepdim=keepdim)
    if order == 2:
        return torch.sqrt((x * x).sum(dims, keepdim=keepdim))
    if order == 1:
        return size.sum(dims, keepdim=keepdim)
    if order == 0:
        raise _refuse("it counts what is not 0", f"ord={order}")
    return (size**order).sum(dims, keepdim=keepdim) ** (1.0 / order)


def _logsumexp(x, dim, keepdim=False):
    dims = _all_but_batch(x, dim)
    most = x.amax(dims, keepdim=True)
    total = torch.log(torch.exp(x - most).sum(dims, keepdim=True)) + most
    return total if keepdim else total.squeeze(dims)


def _cumsum(x, dim, *, dtype=None):
    size = x.shape[dim]
    if not isinstance(size, int) or dim % x.ndim == 0:
        raise _refuse("it adds up along the batch, or an axis of unknown size", f"dim={dim}")
    ones = torch.ones(size, size, dtype=x.dtype, device=x.device).tril()
    return (x.movedim(dim, -1).unsqueeze(-2) * ones).sum(-1).movedim(-1, dim)


def _one_hot(x, classes=-1):
    return (x.unsqueeze(-1) == torch.arange(classes, device=x.device)).to(torch.int64)


def _attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = torch.matmul(query * scale, key.transpose(-2, -1))
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None and attn_mask.dtype is torch.bool:
        scores = torch.where(attn_mask, scores, -3e38)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return torch.matmul(torch.softmax(scores, -1), value)


def _triangle(function):
    def formula(x, diagonal=0):
        return x * function(torch.ones(x.shape[-2:], dtype=x.dtype, device=x.device), diagonal)

    return formula


def _cosine_similarity(x, y, dim=1, eps=1e-8):
    lengths = [torch.sqrt((one * one).sum(dim)) for one in (x, y)]
    return (x * y).sum(dim) / (lengths[0].clamp(min=eps) * lengths[1].clamp(min=eps))


def _pairwise_distance(x, y, p=2.0, eps=1e-6, keepdim=False):
    return _norm(x - y + eps, p, -1, keepdim)


# ---- shapes


def _pad(x, numbers, mode="constant", value=None):
    """Padding that repeats the edge, or goes round."""
    for at in range(len(numbers) // 2):
        axis, (before, after) = x.ndim - 1 - at, numbers[2 * at : 2 * at + 2]
        size = x.shape[axis]
        if mode == "circular":
            parts = [x.narrow(axis, size - before, before), x, x.narrow(axis, 0, after)]
        else:
            parts = [*[x.narrow(axis, 0, 1)] * before, x, *[x.narrow(axis, size - 1, 1)] * after]
        x = torch.cat([part for part in parts if part.shape[axis]], axis)
    return x


def _pad_edges(x, numbers):
    return _pad(x, numbers, "replicate")


def _pixel_unshuffle(x, times):
    *front, channels, height, width = x.shape
    parts = x.reshape(*front, channels, height // times, times, width // times, times)
    axes = list(range(len(front))) + [len(front) + at for at in (0, 2, 4, 1, 3)]
    return parts.permute(axes).reshape(*front, channels * times**2, height // times, width // times)


def _channel_shuffle(x, groups):
    batch, channels, *spatial = x.shape
    return x.reshape(batch, groups, channels // groups, *spatial).transpose(1, 2).reshape(batch, channels, *spatial)


def _average_pool(rank: int):
    """Means that are divided by a number of their own."""

    def formula(x, window, stride=(), padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        cells = window * (rank if len(window) == 1 else 1)
        words = {"ceil_mode": ceil_mode, "count_include_pad": True}
        mean = getattr(F, f"avg_pool{rank}d")(x, window, stride or None, padding, **words)
        return mean * (math.prod(cells) / divisor_override)

    return formula


def _glu(x, dim=-1):
    first, second = x.chunk(2, dim)
    return first * torch.sigmoid(second)


# ---- products and cells


def _linear(x, weight, bias=None):
    result = torch.matmul(x, weight.transpose(-1, -2))
    return result if bias is None else result + bias


def _addmm(bias, x, weight, *, beta=1, alpha=1):
    return beta * bias + alpha * torch.matmul(x, weight)


def _bilinear(x, y, weight, bias=None):
    meeting = (x.unsqueeze(-1) * y.unsqueeze(-2)).flatten(-2)
    result = F.linear(meeting, weight.flatten(1))
    return result if bias is None else result + bias


def _lstm_cell(x, states, w_ih, w_hh, b_ih=None, b_hh=None):
    hidden, cell = states
    into, forget, candidate, out = (F.linear(x, w_ih, b_ih) + F.linear(hidden, w_hh, b_hh)).chunk(4, 1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(into) * torch.tanh(candidate)
    return torch.sigmoid(out) * torch.tanh(cell), cell


def _gru_cell(x, hidden, w_ih, w_hh, b_ih=None, b_hh=None):
    reset, update, candidate = F.linear(x, w_ih, b_ih).chunk(3, 1)
    own_reset, own_update, own = F.linear(hidden, w_hh, b_hh).chunk(3, 1)
    update = torch.sigmoid(update + own_update)
    fresh = torch.tanh(candidate + torch.sigmoid(reset + own_reset) * own)
    return (1 - update) * fresh + update * hidden


def _rnn_cell(function):
    def formula(x, hidden, w_ih, w_hh, b_ih=None, b_hh=None):
        return function(F.linear(x, w_ih, b_ih) + F.linear(hidden, w_hh, b_hh))

    return formula


FORMULAS: dict[str, Callable[..., Any]] = {
    "trunc": _trunc,
    "fix": _trunc,
    "frac": lambda x: x - _trunc(x),
    "remainder": _remainder,
    "fmod": _fmod,
    "floor_divide": _floor_divide,
    "div.Tensor_mode": _div,
    "div.Scalar_mode": _div,
    "log1p": lambda x: torch.log(1 + x),
    "log2": lambda x: torch.log(x) / math.log(2),
    "log10": lambda x: torch.log(x) / math.log(10),
    "expm1": lambda x: torch.exp(x) - 1,
    "exp2": lambda x: torch.exp(x * math.log(2)),
    "logit": lambda x, eps=None: torch.log(x / (1 - x)) if eps is None else _logit_within(x, eps),
    "softplus": _softplus,
    "threshold": _threshold,
    "rrelu": lambda x, lower=0.125, upper=1 / 3, *_: F.leaky_relu(x, (lower + upper) / 2),
    "addcmul": lambda x, a, b, *, value=1: x + value * (a * b),
    "addcdiv": lambda x, a, b, *, value=1: x + value * (a / b),
    "lerp": lambda x, y, weight: x + weight * (y - x),
    "logaddexp": _logaddexp,
    "hypot": lambda x, y: torch.sqrt(x * x + y * y),
    "xlogy": lambda x, y: torch.where(x == 0, 0.0, x * torch.log(y)),
    "heaviside": lambda x, y: torch.where(x > 0, 1.0, torch.where(x == 0, y, 0.0)),
    "logical_xor": lambda x, y: torch.ne(x, y),
    "var": _var,
    "std": _std,
    "var_mean": _var_mean,
    "std_mean": _std_mean,
    "norm": _norm,
    "linalg_vector_norm": _norm,
    "logsumexp": _logsumexp,
    "cumsum": _cumsum,
    "one_hot": _one_hot,
    "scaled_dot_product_attention": _attention,
    "tril": _triangle(torch.tril),
    "triu": _triangle(torch.triu),
    "cosine_similarity": _cosine_similarity,
    "pairwise_distance": _pairwise_distance,
    "pad": _pad,
    **dict.fromkeys((f"replication_pad{rank}d" for rank in (1, 2, 3)), _pad_edges),
    **{f"avg_pool{rank}d": _average_pool(rank) for rank in (2, 3)},
    "pixel_unshuffle": _pixel_unshuffle,
    "channel_shuffle": _channel_shuffle,
    "native_channel_shuffle": _channel_shuffle,
    "glu": _glu,
    "linear": _linear,
    "addmm": _addmm,
    "baddbmm": _addmm,
    "addmv": _addmm,
    "bilinear": _bilinear,
    "lstm_cell": _lstm_cell,
    "gru_cell": _gru_cell,
    "rnn_tanh_cell": _rnn_cell(torch.tanh),
    "rnn_relu_cell": _rnn_cell(torch.relu),
}


def _logit_within(x, eps):
    inside = x.clamp(eps, 1 - eps)
    return torch.log(inside / (1 - inside))
