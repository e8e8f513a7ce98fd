"""Class numbers as rows of zeros with a one, and lengths made 1, on arrays as on tensors.

Above: the door ``pellucid.utils``.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentError


def to_categorical(x, num_classes: int | None = None):
    """A row of zeros with a one at the class's place, for each class number.

    Shapes:
        x       (...,) or (..., 1) whole numbers
        output  (..., num_classes); a tensor if `x` is one, else a float64 array

    Args:
        num_classes: the length of a row; one more than the largest number if None.

    Raises:
        ArgumentError: a number that is negative, or not below `num_classes`.
    """
    is_tensor = isinstance(x, torch.Tensor)
    numbers = np.array(x.cpu() if is_tensor else x, dtype="int64")
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    classes = num_classes or int(numbers.max(initial=-1)) + 1
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < classes):
        raise ArgumentError(
            "A class number is out of range.", got=f"{numbers.min()} to {numbers.max()}", expected=f"0 to {classes - 1}"
        )
    rows = np.eye(classes)[numbers]
    return torch.as_tensor(rows, dtype=torch.float32, device=x.device) if is_tensor else rows


def normalize(x, axis: int = -1, order: float = 2):
    """`x` divided by its length (the norm of this order) along an axis; zeros stay zeros."""
    if isinstance(x, torch.Tensor):
        length = torch.linalg.vector_norm(x, ord=order, dim=axis, keepdim=True)
        return x / torch.where(length == 0, torch.ones_like(length), length)
    x = np.asarray(x)
    length = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(length == 0, 1, length)
