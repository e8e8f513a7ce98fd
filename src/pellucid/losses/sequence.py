"""Losses for sequences whose places are not matched one to one.

Below:  ops/sequences.py has the formula, base.py the classes' parent.
Source: keras.losses.CTC, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.errors import ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.base import NamedLoss, loss_function, prediction
from pellucid.ops import sequences

BLANK = 0  # the class that stands for "no label here", and fills up short labels


@loss_function
def ctc(y_true, y_pred):
    """Minus the log-likelihood of the labels, over all ways to spread them over the steps.

    Shapes:
        y_true  (batch, labels), class numbers, 0 after the last label
        y_pred  (batch, steps, classes), logits; class 0 is blank
        output  (batch,)

    Raises:
        ShapeError: another number of axes.

    Source: Graves et al. 2006, Connectionist Temporal Classification.
    """
    labels, logits = convert_to_tensor(y_true, dtype="int64"), prediction(y_pred)
    _check_axes("y_true", labels, 2, "(batch, labels)")
    _check_axes("y_pred", logits, 3, "(batch, steps, classes)")
    batch, steps, _ = logits.shape
    lengths = torch.full((batch,), steps, dtype=torch.int64, device=logits.device)
    return sequences.ctc_loss(labels, logits, (labels != BLANK).sum(-1), lengths, mask_index=BLANK)


def _check_axes(name, x, ndim, layout):
    if x.ndim != ndim:
        raise ShapeError(f"`{name}` of a CTC loss has {ndim} axes.", got=tuple(x.shape), expected=layout)


class CTC(NamedLoss):
    """Connectionist temporal classification: labels in order, at unknown steps. See `ctc` for the shapes."""

    keeps_labels = True

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction, name, dtype)
