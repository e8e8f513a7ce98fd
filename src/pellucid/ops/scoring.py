"""Scores of a prediction against a target: cross-entropies, and the signal-to-noise ratio of images.

Above:  losses/ and metrics/ reduce what comes out here; ops/nn.py is the public door.
Kept true: probabilities are kept `settings.epsilon` away from 0 and 1 before their logarithm is taken; logits are
           never turned into probabilities first.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid import settings
from pellucid.axes import canonical
from pellucid.errors import ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import floating, tensor, tensors


@operation
def binary_crossentropy(target, output, from_logits=False):
    """``-target * log(output) - (1 - target) * log(1 - output)`` for each element.

    Args:
        output: probabilities, or logits with `from_logits`.

    Raises:
        ShapeError: the shapes differ.
    """
    target, output = _alike(target, output)
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none")
    # not PyTorch's own, which refuses targets outside 0 to 1: labels with noise added are such
    share = _inside(output)
    logarithms = torch.log1p(-share), torch.log(share)
    if share.dtype.itemsize < 4:  # `epsilon` below 1 is 1 there; PyTorch's own stops at -100 too
        logarithms = logarithms[0].clamp(min=-100), logarithms[1].clamp(min=-100)
    return -torch.lerp(*logarithms, target)


@operation
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """``-sum(target * log(output))`` along the axis of the classes.

    Args:
        target: probabilities, such as rows of `one_hot`.
        output: probabilities, scaled to sum 1 first; or logits with `from_logits`.

    Raises:
        ShapeError: the shapes differ, or there is no axis.
    """
    target, output = _alike(target, output)
    _need_axis(output)
    axis = canonical(axis, output.ndim)
    return -(target * _log_probabilities(output, from_logits, axis)).sum(axis)


@operation
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """``-log(output[target])`` along the axis of the classes.

    Shapes:
        target  whole numbers, the shape of `output` without `axis` (or with size 1 there)
        output  (..., classes): probabilities, scaled to sum 1 first; or logits with `from_logits`

    Raises:
        ShapeError: the shapes do not fit.
    """
    target, output = tensor(target, "int64"), floating(output)
    _need_axis(output)
    axis = canonical(axis, output.ndim)
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = target.squeeze(axis)
    rows = (*output.shape[:axis], *output.shape[axis + 1 :])
    if tuple(target.shape) != rows:
        raise ShapeError(
            "`target` holds one class number for each row of `output`.",
            got=f"target {tuple(target.shape)}, output {tuple(output.shape)} with the classes along axis {axis}",
            expected=f"a target of shape {rows}",
            fix="categorical_crossentropy(target, output)"
            if target.shape == output.shape
            else "ops.reshape(target, ...)",
        )
    if not from_logits:
        # The true class is picked before division, clamp and logarithm: the same numbers, for one class instead of all.
        picked = output.gather(axis, target.unsqueeze(axis)).squeeze(axis)
        return -torch.log(_inside(picked / output.sum(axis)))
    # As rows of a table: PyTorch takes the last axis fastest, and copies where the classes lie in the middle.
    table = output.movedim(axis, -1).reshape(-1, output.shape[axis])
    return F.nll_loss(torch.log_softmax(table, 1), target.reshape(-1), reduction="none").reshape(rows)


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return torch.log_softmax(output, axis)
    return torch.log(_inside(output / output.sum(axis, keepdim=True)))


def _inside(probabilities):
    epsilon = settings.epsilon()
    return probabilities.clamp(epsilon, 1.0 - epsilon)


def _alike(target, output):
    output = floating(output)
    target = tensor(target)
    if target.shape != output.shape:
        raise ShapeError(
            "`target` and `output` are compared element by element, and their shapes differ.",
            got=f"target {tuple(target.shape)}, output {tuple(output.shape)}",
            expected="the same shape",
            fix=f"one_hot(target, {output.shape[-1]})"
            if target.ndim == output.ndim - 1
            else "ops.reshape(target, ...)",
        )
    return (target, output) if target.dtype == output.dtype else tensors((target, output))


def _need_axis(output):
    if output.ndim == 0:
        raise ShapeError(
            "A single number has no axis of classes.", got=(), expected="(classes,) or (batch, ..., classes)"
        )


@operation
def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio of two images, in decibels: ``20 log10(max_val) - 10 log10(mean((x1 - x2)**2))``.

    Args:
        max_val: the largest value that the images can have, such as 255.

    Raises:
        ShapeError: the shapes differ.
    """
    x1, x2 = tensors((x1, x2))
    if x1.shape != x2.shape:
        raise ShapeError("Two images are compared place by place.", got=f"{tuple(x1.shape)}, {tuple(x2.shape)}")
    peak = tensor(max_val).to(x1.dtype)
    return 20 * torch.log10(peak) - 10 * torch.log10((x1 - x2).square().mean())
