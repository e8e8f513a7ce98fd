"""Labels before they are compared: smoothing, and a warning where classes have one member only.

Above: classification.py and focal.py.
"""

from __future__ import annotations

import warnings

import torch

from pellucid.errors import ArgumentError
from pellucid.losses.base import truth_like


def smooth_binary(y_true: torch.Tensor, amount: float) -> torch.Tensor:
    """Labels 0 and 1 moved towards 0.5: by 1 - amount and half of `amount`."""
    return y_true * (1.0 - amount) + 0.5 * amount if amount else y_true


def smooth_classes(y_true, y_pred, amount: float, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One-hot labels moved towards equal shares, and the predictions, as tensors of one dtype.

    Raises:
        ArgumentError: `axis` is a bool.
    """
    if isinstance(axis, bool):
        raise ArgumentError("`axis` is a whole number.", got=axis, expected="such as -1", fix="axis=-1")
    y_true, y_pred = truth_like(y_true, y_pred)
    if y_pred.ndim and y_pred.shape[-1] == 1:
        warnings.warn(
            f"Predictions of shape {tuple(y_pred.shape)} know one class only, so a categorical crossentropy is always 0; "
            "for two classes told by one number use 'binary_crossentropy'.",
            SyntaxWarning,
            stacklevel=5,
        )
    if amount:
        y_true = y_true * (1.0 - amount) + amount / y_true.shape[-1]
    return y_true, y_pred
