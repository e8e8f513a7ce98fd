"""Losses that pull embeddings of one class together and push those of others apart.

Below:  base.py has the classes' parent.
Source: keras.losses.Circle, Keras 3.15.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.graph.values import convert_to_tensor
from pellucid.losses.base import NamedLoss, loss_function, prediction


@loss_function
def circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """Each sample's distance to its own class against that to all others, pair by pair.

    Shapes:
        y_true          (batch,) or (batch, 1), class numbers
        y_pred          (batch, features), of length 1
        ref_labels      (references,), class numbers; None compares the batch with itself
        ref_embeddings  (references, features)
        output          (batch,); its mask leaves out samples without a loss

    Args:
        remove_diagonal: leave out a sample's pair with itself.
        gamma: how steep; margin: how far apart.

    Source: Sun et al. 2020, arXiv 2002.10857.
    """
    y_pred = prediction(y_pred)
    labels = convert_to_tensor(y_true, dtype="int32")
    references = y_pred if ref_embeddings is None else convert_to_tensor(ref_embeddings, dtype=y_pred.dtype)
    ref_labels = labels if ref_labels is None else convert_to_tensor(ref_labels, dtype="int32")
    distances = (1 - y_pred @ references.T).clamp(min=0.0)
    same, other = _pairs(labels.reshape(-1, 1), ref_labels.reshape(1, -1), remove_diagonal)

    pull = -gamma * (margin + distances).clamp(min=0.0) * (margin - distances)
    push = gamma * (1 + margin - distances).clamp(min=0.0) * (1 - margin - distances)
    nothing = float("-inf")
    pulls = torch.logsumexp(torch.where(same, pull, nothing), dim=1)
    pushes = torch.logsumexp(torch.where(other, push, nothing), dim=1)
    loss = F.softplus(pulls + pushes)
    loss._keras_mask = loss > 0
    return loss


def _pairs(labels, ref_labels, remove_diagonal):
    same = labels == ref_labels
    other = ~same
    if remove_diagonal:
        same = same & ~torch.eye(*same.shape, dtype=torch.bool, device=same.device)
    return same, other


class Circle(NamedLoss):
    """Each sample's distance to its own class against that to all others, within a batch.

    Args:
        gamma: how steep.
        margin: how far classes shall be apart.
        remove_diagonal: leave out a sample's pair with itself.

    Source: Sun et al. 2020, arXiv 2002.10857.
    """

    keeps_labels = True

    def __init__(
        self,
        gamma=80.0,
        margin=0.4,
        remove_diagonal=True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype=None,
    ):
        super().__init__(circle, reduction, name, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)
