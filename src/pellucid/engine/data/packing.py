"""Packing: x, y and sample weights as one batch, and class weights as sample weights.

Above: feeds pack, `train_step` unpacks; the door pellucid.utils gives the first two to users.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.values import convert_to_tensor


def unpack_x_y_sample_weight(data) -> tuple:
    """``(x, y, sample_weight)`` of a batch; None for what it does not hold.

    Raises:
        ArgumentError: a tuple of more than three, or of none.
    """
    if not isinstance(data, (list, tuple)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ArgumentError(
            "A batch is a tuple of one to three parts.",
            got=f"{len(data)} parts",
            expected="x, (x,), (x, y) or (x, y, sample_weight)",
            fix="((x1, x2), y) where a model takes several inputs",
        )
    return (*data, None, None)[:3]


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """A batch: ``(x, y, sample_weight)``, ``(x, y)``, or x alone, in a tuple where it is itself a list or tuple."""
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    if sample_weight is None:
        return (x, y)
    return (x, y, sample_weight)


def class_weight_to_sample_weights(y, class_weight: dict) -> torch.Tensor:
    """A weight for each sample, by its class.

    Args:
        y: classes as whole numbers, ``(batch,)`` or ``(batch, 1)``, or one-hot along the last axis.
        class_weight: weights by class; a class that is not there weighs 1.

    Returns:
        ``(batch,)``, in floatx.

    Raises:
        ShapeError: `y` has no samples axis.
    """
    if not hasattr(class_weight, "get"):
        raise ArgumentTypeError(
            "`class_weight` is a dict of weights by class.",
            got=repr(class_weight)[:80],
            expected="such as {0: 1.0, 1: 2.5}",
            fix="class_weight=dict(enumerate(weights))",
        )
    y = convert_to_tensor(y)
    if y.ndim == 0:
        raise ShapeError("`class_weight` needs a class for each sample.", got="one number as y", expected="(batch,)")
    if y.ndim > 1:
        y = y.argmax(dim=-1) if y.shape[-1] != 1 else y.squeeze(-1)
    classes, place = torch.unique(torch.round(y).to(torch.int64) if y.is_floating_point() else y, return_inverse=True)
    weights = np.array([float(class_weight.get(int(c), 1.0)) for c in classes.tolist()])
    return torch.as_tensor(weights, dtype=to_torch(None), device=y.device)[place]


def with_class_weights(batch, class_weight: dict):
    """A batch with weights by the classes that its y tells; one without y is left as it is.

    Raises:
        ArgumentError: it has sample weights.
    """
    if not isinstance(batch, (list, tuple)) or len(batch) < 2:
        return batch
    if len(batch) == 3:
        raise ArgumentError(
            "`class_weight` and sample weights exclude one another.",
            got="batches of (x, y, sample_weight)",
            fix="multiply them in the data set",
        )
    x, y = batch
    return x, y, class_weight_to_sample_weights(y, class_weight)
