"""Attention lowered: projections as linear maps, and the attention itself between them.

Below:  dense.py projects, site.py.
Axes:   (batch, length, heads, features), as Keras has them; the writers bring the heads where their world wants them.
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Value
from pellucid.convert.lowering.activation import softmax_over
from pellucid.convert.lowering.site import Site

# Added to the scores of what is hidden: Keras's own numbers, so that rows without any sight agree too.
_FAR_BELOW = 0.7 * torch.finfo(torch.float32).min
_HIDDEN = -1e9


def multi_head_attention(
    site: Site, layer, query: Value, value: Value, key=None, attention_mask=None,
    return_attention_scores=False, use_causal_mask=False,
):  # fmt: skip
    """MultiHeadAttention and GroupQueryAttention."""
    key = value if key is None else key
    shown = _shown(site, layer, query, value, attention_mask, use_causal_mask)
    gate = site.call(layer._gate_dense, query) if layer.use_gate else None
    lengths = query.shape[1:-1], value.shape[1:-1]
    query, key, value = (
        site.call(dense, x)
        for dense, x in zip(
            (layer._query_dense, layer._key_dense, layer._value_dense), (query, key, value), strict=True
        )
    )
    key, value = _for_all_heads(site, query, key), _for_all_heads(site, query, value)
    scores = None
    if query.ndim == 4 and not return_attention_scores:
        bias = () if shown is None else (_as_bias(site, shown, _FAR_BELOW),)
        shape = (*query.shape[:-1], value.shape[-1])
        output = site.emit("attention", query, key, value, *bias, shape=shape, scale=float(layer._scale()))
    else:
        output, scores = _by_scores(site, layer, query, key, value, shown, lengths)
    if gate is not None:
        output = site.binary("multiply", output, gate)
    output = site.call(layer._output_dense, output)
    return (output, scores) if return_attention_scores else output


def _for_all_heads(site: Site, query: Value, x: Value) -> Value:
    if x.shape[-2] == query.shape[-2]:
        return x
    shape = (*x.shape[:-2], query.shape[-2], x.shape[-1])
    return site.emit("repeat", x, shape=shape, axis=x.ndim - 2, times=query.shape[-2] // x.shape[-2])


def _shown(site: Site, layer, query: Value, value: Value, mask, causal: bool):
    """Which sources each target may see, as a value that broadcasts to (batch, heads, targets, sources), or None."""
    fixed = None
    if causal or layer.sliding_window is not None:
        targets, sources = query.shape[1], value.shape[1]
        if None in (targets, sources):
            raise site.refuse(
                "its mask depends on a size that only a run tells", fix="Input(shape=...) with the length"
            )
        far = torch.arange(sources) - torch.arange(targets).unsqueeze(-1)
        fixed = far <= 0 if causal else torch.ones_like(far, dtype=torch.bool)
        if layer.sliding_window is not None:
            fixed = fixed & (far.abs() < layer.sliding_window)
    if mask is None:
        return None if fixed is None else site.constant(fixed, "mask")
    mask = site.cast(mask, "bool")
    if mask.ndim == 3:
        mask = site.reshape(mask, [1, *mask.shape[1:]])
    return mask if fixed is None else site.binary("logical_and", mask, site.constant(fixed, "mask"), dtype="bool")


def _as_bias(site: Site, shown: Value, lowest: float) -> Value:
    return site.emit("where", shown, 0.0, lowest, shape=shown.shape, dtype="float32")


def _by_scores(site: Site, layer, query, key, value, shown, lengths):
    """Over several axes, or where the scores are asked for: products, softmax, products."""
    _, right = layer.dot_product_equation.split("->")
    at = dict(zip(layer.dot_product_equation.split(",")[0], key.shape, strict=True))
    at |= dict(zip(layer.dot_product_equation.split(",")[1].split("->")[0], query.shape, strict=True))
    scaled = site.binary("multiply", query, float(layer._scale()))
    scores = site.emit("einsum", key, scaled, shape=tuple(at[x] for x in right), equation=layer.dot_product_equation)
    if shown is not None:
        if scores.ndim != 4:
            raise site.refuse("its mask over several axes has no counterpart")
        scores = site.binary("add", scores, _as_bias(site, shown, _HIDDEN))
    scores = softmax_over(site, scores, [axis % scores.ndim for axis in range(-(layer.mask_axes // 2), 0)])
    shape = (*query.shape[:-1], value.shape[-1])
    return site.emit("einsum", scores, value, shape=shape, equation=layer.combine_equation), scores


# ---- Attention and AdditiveAttention


def attention(site: Site, layer, inputs, return_attention_scores=False, use_causal_mask=False):
    """Attention: products of queries and keys, or sums with score_mode="concat"."""
    query, value, key = inputs[0], inputs[1], inputs[-1]
    if layer.score_mode == "concat":
        total = _sums(site, query, key)
        if layer.scale is not None:
            total = site.binary("multiply", total, site.learned(layer.scale, "scale"))
        scores = site.reduce("sum", site.emit("tanh", total), [-1], keepdims=False)
        weight = site.learned(layer.concat_score_weight, "concat_score_weight")
        scores = site.binary("multiply", scores, weight)
    else:
        scores = site.matmul(query, site.permute(key, (0, 2, 1)))
        if layer.scale is not None:
            scores = site.binary("multiply", scores, site.learned(layer.scale, "scale"))
    return _scored(site, scores, value, return_attention_scores, use_causal_mask)


def additive_attention(site: Site, layer, inputs, return_attention_scores=False, use_causal_mask=False):
    """AdditiveAttention: weighted sums of ``tanh(query + key)``."""
    query, value, key = inputs[0], inputs[1], inputs[-1]
    scores = site.emit("tanh", _sums(site, query, key))
    if layer.scale is not None:
        scores = site.binary("multiply", scores, site.learned(layer.scale, "scale"))
    scores = site.reduce("sum", scores, [-1], keepdims=False)
    return _scored(site, scores, value, return_attention_scores, use_causal_mask)


def _sums(site: Site, query: Value, key: Value) -> Value:
    """Each query plus each key: (batch, targets, sources, features)."""
    (targets, features), (sources, _) = query.shape[1:], key.shape[1:]
    if None in (targets, sources):
        raise site.refuse("it needs both lengths", fix="Input(shape=...) with the length")
    queries = site.reshape(query, [targets, 1, features])
    return site.binary("add", queries, site.reshape(key, [1, sources, features]))


def _scored(site: Site, scores: Value, value: Value, with_scores: bool, causal: bool):
    if causal:
        targets, sources = scores.shape[-2:]
        if None in (targets, sources):
            raise site.refuse("its mask depends on a size that only a run tells")
        past = site.constant(torch.ones((targets, sources), dtype=torch.bool).tril(), "mask")
        scores = site.binary("add", scores, _as_bias(site, past, _HIDDEN))
    weights = site.emit("softmax", scores, axis=scores.ndim - 1)
    output = site.matmul(weights, value)
    return (output, weights) if with_scores else output
