"""K's losses of single elements: targets come first."""

from __future__ import annotations

import torch

from pellucid import losses, ops
from pellucid.settings import epsilon


def binary_crossentropy(target, output, from_logits=False):
    """The crossentropy of each element by itself."""
    return ops.binary_crossentropy(target, output, from_logits=from_logits)


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """The crossentropy of shares along an axis."""
    return ops.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1, ignore_class=None):
    """The crossentropy where targets are classes; those of `ignore_class` cost 0."""
    return losses.sparse_categorical_crossentropy(target, output, from_logits, ignore_class, axis)


def binary_focal_crossentropy(target, output, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False):
    """The crossentropy of each element, what is right already weighing less (Lin et al. 2017)."""
    shares = ops.sigmoid(output) if from_logits else output
    right = target * shares + (1 - target) * (1 - shares)
    loss = ops.power(1.0 - right, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1 - target) * (1 - alpha)) * loss if apply_class_balancing else loss


def categorical_focal_crossentropy(target, output, alpha=0.25, gamma=2.0, from_logits=False, axis=-1):
    """The crossentropy of shares along an axis, what is right already weighing less (Lin et al. 2017)."""
    return losses.categorical_focal_crossentropy(target, output, alpha, gamma, from_logits, 0.0, axis)


def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """The CTC loss of each sample, (batch, 1), from shares (batch, steps, classes); the last class is the blank.

    Args:
        y_true: labels, (batch, longest).
        input_length, label_length: how much of each sample counts, (batch, 1).
    """
    labels, steps = (ops.cast(ops.squeeze(length, axis=-1), "int32") for length in (label_length, input_length))
    loss = ops.ctc_loss(
        ops.cast(y_true, "int32"), ops.log(y_pred + epsilon()), labels, steps, mask_index=y_pred.shape[-1] - 1
    )
    return ops.expand_dims(loss, 1)


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """Labels read from shares: a list of `top_paths` values (batch, longest), -1 behind the end, and log shares."""
    logits = ops.log(y_pred + epsilon())
    decoded, scores = ops.ctc_decode(
        logits,
        ops.cast(input_length, "int32"),
        strategy="greedy" if greedy else "beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=True,
        mask_index=y_pred.shape[-1] - 1,
    )
    return [decoded[at] for at in range(1 if greedy else top_paths)], scores


def ctc_label_dense_to_sparse(labels, label_lengths):
    """The labels that count, as a sparse tensor in PyTorch's coordinate form."""
    labels = ops.convert_to_tensor(labels)
    lengths = ops.reshape(ops.convert_to_tensor(label_lengths), (-1, 1))
    counts = torch.arange(labels.shape[1], device=labels.device)[None] < lengths
    index = counts.nonzero().T
    return torch.sparse_coo_tensor(index, labels[index[0], index[1]], tuple(labels.shape))
