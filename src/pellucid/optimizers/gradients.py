"""Gradients as they come: some missing, some of another dtype or kind.

Above: base.py and rule.py take them through here.
"""

from __future__ import annotations

import functools
import warnings

import torch

from pellucid.distribution.share import computing, open_share
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor


def of_whole_batch(apply):
    """An optimizer's `apply` that gets the gradients of the whole batch, where this process computed a share of it."""

    @functools.wraps(apply)
    def run(self, grads, trainable_variables=None):
        share = open_share()
        if share is None:
            return apply(self, grads, trainable_variables)
        variables = list(trainable_variables or self._trainable_variables)
        with computing(None):  # an optimizer inside this one gets gradients that have met
            return apply(self, share.met(list(grads), variables), trainable_variables)

    return run


def present(grads, variables):
    """Gradients that are there, and their variables; warns of the others."""
    if not any(gradient is None for gradient in grads):
        return grads, variables
    missing = [variable.path for gradient, variable in zip(grads, variables, strict=True) if gradient is None]
    if len(missing) == len(grads):
        raise ArgumentError(
            "No variable has a gradient.",
            got="None for all of " + ", ".join(missing),
            expected="a loss that depends on the variables",
            fix='model.compile(optimizer, loss="mse")',
        )
    warnings.warn(
        f"No gradient reaches {', '.join(missing)}: the loss does not depend on them. Was `compile` given a `loss`?",
        stacklevel=4,
    )
    pairs = [pair for pair in zip(grads, variables, strict=True) if pair[0] is not None]
    return [gradient for gradient, _ in pairs], [variable for _, variable in pairs]


def as_gradient(gradient, variable) -> torch.Tensor:
    """A dense tensor of the variable's dtype.

    Raises:
        ShapeError: it does not stretch over the variable.
    """
    if not isinstance(gradient, torch.Tensor):
        gradient = convert_to_tensor(gradient)
    shape = variable.shape if getattr(variable, "sharding", None) is None else tuple(variable.part.shape)
    if gradient.shape != shape and not _stretches(tuple(gradient.shape), shape):
        raise ShapeError(
            f"This gradient does not fit the variable '{variable.path}'.",
            got=f"gradient of shape {tuple(gradient.shape)}",
            expected=f"shape {variable.shape}, as the variable",
            fix="apply_gradients(zip(gradients, variables)), both in one order",
        )
    if gradient.layout is not torch.strided:
        gradient = gradient.to_dense()
    return gradient if gradient.dtype == variable.torch_dtype else gradient.to(variable.torch_dtype)


def _stretches(shape: tuple, over: tuple) -> bool:
    """Whether a value broadcasts to a shape without making it larger."""
    sizes = zip(reversed(shape), reversed(over), strict=False)
    return len(shape) <= len(over) and all(size in (1, whole) for size, whole in sizes)
