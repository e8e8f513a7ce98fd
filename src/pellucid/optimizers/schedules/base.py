"""LearningRateSchedule: a learning rate that depends on the step.

Above: decay.py and cosine.py give the formulas; optimizers/base.py asks for the rate of each step.
Kept true: a schedule is a function of the step only, so training that goes on needs the step alone.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.values import convert_to_tensor


class LearningRateSchedule:
    """A callable ``schedule(step) -> learning rate``; your own overrides `__call__` and `get_config`.

    Source: keras.optimizers.schedules.LearningRateSchedule, Keras 3.15.
    """

    def __call__(self, step):
        """The learning rate at a step: 0 at the first, a whole number or a tensor of them."""
        raise UnsupportedError(f"{type(self).__name__} gives no rate.", fix="def __call__(self, step): ...")

    def get_config(self) -> dict:
        """Arguments that make an equal schedule."""
        raise UnsupportedError(f"{type(self).__name__} cannot be saved.", fix="def get_config(self): return {...}")

    @classmethod
    def from_config(cls, config: dict) -> LearningRateSchedule:
        """The schedule that a config tells."""
        return cls(**config)


class BuiltinSchedule(LearningRateSchedule):
    """The parent of the schedules of this package: `arguments` are its attributes and its config."""

    arguments: tuple[str, ...]

    def get_config(self) -> dict:
        """Arguments that make an equal schedule."""
        return {name: getattr(self, name) for name in self.arguments}

    def _check_positive(self, word: str):
        if getattr(self, word) <= 0:
            raise ArgumentError(f"`{word}` counts steps, above 0.", got=getattr(self, word), fix=f"{word}=1000")


def floats(initial_learning_rate, step) -> tuple[torch.Tensor, torch.Tensor]:
    """The first rate and the step, as tensors of one floating-point dtype, where the step lies."""
    initial, step = convert_to_tensor(initial_learning_rate), convert_to_tensor(step)
    if not initial.is_floating_point():
        initial = initial.to(to_torch(None))
    return initial.to(step.device), step.to(initial.dtype)
