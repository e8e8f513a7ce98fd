"""From one loss per place to one number: ranks made equal, masks, sample weights, reductions.

Above:  base.py's `Loss.__call__` ends here; metrics/reduction.py weights its values by the same rules.
Kept true: nothing here reads a value in Python, so a GPU is never waited for.
Source: keras.losses.Loss, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.distribution.share import open_share
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor

MEANS = ("sum_over_batch_size", "mean")
REDUCTIONS = (*MEANS, "sum", "mean_with_sample_weight", "none", None)


def standardize_reduction(reduction: str | None) -> str | None:
    """`reduction` itself, if there is one of this name.

    Raises:
        ArgumentError: there is none.
    """
    if reduction not in REDUCTIONS:
        raise ArgumentError(
            "There is no such reduction.",
            got=repr(reduction),
            expected=", ".join(map(repr, REDUCTIONS)),
            fix='reduction="sum_over_batch_size"',
        )
    return reduction


def reduce_weighted_values(values, sample_weight=None, mask=None, reduction="sum_over_batch_size", dtype=None):
    """One loss per place, made one number (or, with reduction "none", weighted places).

    Args:
        values: one loss per place.
        sample_weight: a number, or one weight per sample or place.
        mask: True where a place counts. A mean is taken over these places only.
        reduction: one of `REDUCTIONS`.
        dtype: that of the result; None keeps the values' own.
    """
    values = convert_to_tensor(values, dtype=dtype)
    weights = apply_mask(sample_weight, mask, values.dtype, reduction)
    if weights is not None:
        weights = convert_to_tensor(weights, dtype=values.dtype)
        values, weights = squeeze_or_expand_to_same_rank(values, weights)
        values = _times(values, weights)
    loss, share = _reduced(values, weights, reduction), open_share()
    return loss if share is None else _of_whole_batch(loss, share, weights, mask, reduction)


def _of_whole_batch(loss, share, weights, mask, reduction):
    """The loss of a share, changed where a mean over rows of all shares would not give that of the whole batch."""
    if reduction == "sum":
        return share.part_of_sum(loss)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return share.part_of_mean(loss, weights.sum())
    if reduction in MEANS and mask is not None:
        return share.part_of_mean(loss, convert_to_tensor(mask, dtype=loss.dtype).sum())
    return loss


def apply_mask(sample_weight, mask, dtype, reduction):
    """Sample weights that are 0 where the mask is False; None if there is neither.

    For a mean, the places that count get total / counting, so that a sum over all places divided by their
    number is the mean of those that count.
    """
    if mask is None:
        return sample_weight
    mask = convert_to_tensor(mask, dtype="bool")
    weights = convert_to_tensor(mask, dtype=dtype)
    if reduction in MEANS:
        weights = weights * divide_no_nan(mask.numel(), weights.sum())
    if sample_weight is None:
        return weights
    sample_weight = convert_to_tensor(sample_weight, dtype=dtype)
    weights, sample_weight = squeeze_or_expand_to_same_rank(weights, sample_weight)
    return _times(sample_weight, weights)


def squeeze_or_expand_to_same_rank(x1, x2, expand_rank_1: bool = True):
    """Two values whose ranks differ by a last axis of size 1, with that axis added to one or taken from the other."""
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        return (x1, x2.unsqueeze(-1)) if x2.ndim == 1 and expand_rank_1 else (x1.squeeze(-1), x2)
    if x2.ndim == x1.ndim + 1 and x2.shape[-1] == 1:
        return (x1.unsqueeze(-1), x2) if x1.ndim == 1 and expand_rank_1 else (x1, x2.squeeze(-1))
    return x1, x2


def divide_no_nan(x1, x2: torch.Tensor) -> torch.Tensor:
    """``x1 / x2``, and 0 where x2 is 0."""
    empty = x2 == 0
    return torch.where(empty, 0.0, x1 / torch.where(empty, 1.0, x2))


def spread(weights: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Weights with one entry for each value, of the values' dtype and device.

    Raises:
        ShapeError: the weights do not fit.
    """
    try:
        return weights.to(values).broadcast_to(values.shape)
    except RuntimeError as error:
        raise _unfit(weights, values) from error


def _times(values, weights):
    try:
        return values * weights
    except RuntimeError as error:
        raise _unfit(weights, values) from error


def _unfit(weights, values):
    return ShapeError(
        "The sample weights (or the mask) do not fit the values that they weight.",
        got=tuple(weights.shape),
        expected=f"a shape that broadcasts to {tuple(values.shape)}",
        fix="give one weight per sample",
    )


def _reduced(values, weights, reduction):
    if reduction in (None, "none") or values.ndim == 0 or tuple(values.shape) == (0,):
        return values
    if reduction == "mean_with_sample_weight" and weights is not None:
        return divide_no_nan(values.sum(), weights.sum())
    # An empty batch has no mean; its loss is 0.
    return values.sum() if reduction == "sum" or values.numel() == 0 else values.mean()
