"""Refusals: what is said when a loss cannot compare targets and outputs.

Above: compile_loss.py, on the way to an error only.
"""

from __future__ import annotations

import torch

from pellucid.errors import DataError, OperationError, PellucidError, PlaceError, ShapeError


def refusal(loss: str, output: str, error: Exception, y_true, y_pred) -> PellucidError | None:
    """The error to raise in place of the loss's own; None where that one says it best.

    Args:
        loss, output: the names of the loss and of the output.
        error: what the loss raised.
    """
    if y_true is None:
        return DataError(
            f"The loss '{loss}' has no targets to compare with.",
            got="y=None",
            expected=f"targets for the output {output!r}" if output != loss else "targets",
            fix="fit(x, y)",
        )
    if not isinstance(y_true, torch.Tensor) or not isinstance(y_pred, torch.Tensor):
        return None
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if loss.startswith("sparse") and true in (pred[:-1], (*pred[:-1], 1)):
        return _classes_out_of_range(loss, y_true, pred[-1])
    fix = _fix(loss, true, pred)
    if fix is None:
        return None
    reason = str(error).splitlines()[0].rstrip(".") or type(error).__name__
    if isinstance(error, OperationError):
        reason = reason.partition("cannot compute this: ")[2] or reason
    return ShapeError(
        f"The loss '{loss}' cannot compare these: {reason}.",
        got=f"target {true}",
        expected=f"class numbers of shape {pred[:-1]}" if loss.startswith("sparse") else f"{pred}, as the output",
        fix=fix,
    )


def _classes_out_of_range(loss, y_true, count):
    if y_true.is_floating_point() and not bool(torch.isfinite(y_true).all()):
        return PlaceError(
            f"The loss '{loss}' met a class that is no number.",
            got="NaN or infinity among the classes",
            expected=f"0 to {count - 1}, for {count} outputs",
            fix="y without these rows",
        )
    least, most = int(y_true.min()), int(y_true.max())
    if 0 <= least and most < count:
        return None
    return PlaceError(
        f"The loss '{loss}' met a class that the output has no place for.",
        got=f"classes from {least} to {most}",
        expected=f"0 to {count - 1}, for {count} outputs",
        fix=f"Dense({most + 1}) as the last layer" if least >= 0 else f"y + {-least}, to count classes from 0",
    )


def _fix(loss: str, true: tuple, pred: tuple) -> str | None:
    """What to type; None where both shapes are equal and the trouble lies elsewhere."""
    if true == pred:
        return 'loss="categorical_crossentropy"  # targets are one-hot' if loss.startswith("sparse") else None
    if "categorical" in loss and not loss.startswith("sparse") and true in (pred[:-1], (*pred[:-1], 1)):
        return 'loss="sparse_categorical_crossentropy"  # targets are class numbers'
    if len(true) == len(pred) and true[-1] != pred[-1]:
        return f"Dense({true[-1]}) as the last layer, or targets of size {pred[-1]}"
    return f"targets of shape {pred}"
