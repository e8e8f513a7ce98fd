"""Averaging: running means of the weights (EMA), and sums of gradients over several steps.

Below:  workspace.py gives the tensors.
Above:  base.py calls these between gradients and weights.
Kept true: a None beside a variable (one that its gradient overwrites) is passed over.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.optimizers.workspace import Workspace


def update_averages(averages: list, variables: list, momentum: float) -> None:
    """Move each average to ``momentum * average + (1 - momentum) * variable``."""
    pairs = [(average, variable) for average, variable in zip(averages, variables, strict=True) if average is not None]
    if not pairs:
        return
    with Workspace() as workspace:
        means = workspace.tensors(average for average, _ in pairs)
        torch._foreach_lerp_(means, [variable.part for _, variable in pairs], 1.0 - momentum)


def overwrite_with_averages(averages: list, variables: list) -> None:
    """Put each average into its variable.

    Raises:
        ArgumentError: other variables than the averages were made for.
    """
    if len(averages) != len(variables):
        raise ArgumentError(
            "The optimizer keeps averages of other variables than these.",
            got=f"{len(variables)} variables",
            expected=f"the {len(averages)} that it was built with",
        )
    for average, variable in zip(averages, variables, strict=True):
        if average is not None:
            variable.assign(average)


def add_to_sums(sums: list, gradients: list) -> None:
    """Add each gradient to its sum."""
    with Workspace() as workspace:
        torch._foreach_add_(workspace.tensors(sums), gradients)


def mean_with_sums(sums: list, gradients: list, steps: int) -> list:
    """The mean of `steps` gradients: those summed up so far, and this last one."""
    means = torch._foreach_add(gradients, [one.part for one in sums])
    torch._foreach_div_(means, steps)
    return list(means)


def clear_sums(sums: list) -> None:
    """Make all sums zero."""
    with Workspace() as workspace:
        torch._foreach_zero_(workspace.tensors(sums))
