"""Guard: keeps a training step that fails from leaving half of its work, and stops at a loss that is no finite number.

Below:  finding.py says where such a loss came from.
Above:  step.py asks it in every step of `fit`.
Kept true: no step waits for a GPU. There the loss is read when it has arrived by itself, a few steps late; the weights
           have then passed through the bad steps. On the CPU the step is refused before it changes anything.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import torch

from pellucid import settings
from pellucid.engine.callbacks.nan import TerminateOnNaN
from pellucid.engine.finding import GENTLER, in_weights, refusal
from pellucid.errors import StateError
from pellucid.optimizers import LossScaleOptimizer

# Steps whose loss may be under way; so many batches are held.
_MOST_LATE = 4


@dataclass
class _Late:
    """A loss on its way from a GPU, and the batch that it is of."""

    batch: int
    loss: torch.Tensor
    arrived: Any
    data: tuple


class Guard:
    """What watches over the steps of one epoch.

    Args:
        model: a Trainer.
        first: the number of the first batch.
        checks: whether losses are looked at.
    """

    def __init__(self, model, first: int, checks: bool):
        self._model = model
        self._batch = first - 1
        self._checks = checks
        self._late: deque[_Late] = deque()
        # Weights that a forward run changes by itself: moving means, seeds, counters.
        moving = [v for v in model.variables if not v.made_trainable and v._value is not None]
        self._values = [v._value for v in moving]
        self._before = [torch.empty_like(value) for value in self._values]

    def begin(self) -> None:
        """Note what a step may change before it is sure."""
        self._batch += 1
        if self._values:
            with torch.no_grad():
                torch._foreach_copy_(self._before, self._values)

    def undo(self) -> None:
        """Take back what a step has changed before it was sure."""
        if self._values:
            with torch.no_grad():
                torch._foreach_copy_(self._values, self._before)

    def check(self, loss, data: tuple) -> None:
        """Look at the loss of a step, or at those of steps before it that have arrived by now.

        Raises:
            StateError: one is no finite number.
        """
        if not self._checks or not isinstance(loss, torch.Tensor):
            return
        if loss.device.type == "cpu":
            self._refuse(self._batch, loss.detach().item(), data)
        elif loss.device.type == "cuda":
            self._send(loss, data)
            while self._late and (self._late[0].arrived.query() or len(self._late) > _MOST_LATE):
                self._receive()

    def finish(self) -> None:
        """Wait for what is still on its way; to be called where the epoch is read anyway."""
        while self._late:
            self._receive()

    def _send(self, loss, data):
        copy = torch.empty((), dtype=loss.dtype, pin_memory=True)
        copy.copy_(loss.detach(), non_blocking=True)
        arrived = torch.cuda.Event()
        arrived.record()
        self._late.append(_Late(self._batch, copy, arrived, data))

    def _receive(self):
        late = self._late.popleft()
        late.arrived.synchronize()
        self._refuse(late.batch, late.loss.item(), late.data)

    def _refuse(self, batch: int, loss: float, data: tuple):
        if not math.isfinite(loss):
            self.undo()
            error = refusal(self._model, loss, batch, *data)
            self.undo()  # what the search has moved
            raise error


def is_wanted(model, callbacks) -> bool:
    """Whether losses are looked at in a fit with these callbacks."""
    # Where a scaled loss overflows, its optimizer leaves that step out by itself.
    is_scaled = isinstance(model.optimizer, LossScaleOptimizer)
    return settings.is_finite_check_enabled() and not is_scaled and not callbacks.holds(TerminateOnNaN)


def check_epoch(epoch: int, logs: dict) -> None:
    """Look at the loss of an epoch, for steps that a user wrote and for devices that tell no loss by themselves.

    Raises:
        StateError: it is no finite number.
    """
    loss = logs.get("loss")
    if isinstance(loss, float) and not math.isfinite(loss):
        raise StateError(
            f"The loss is {loss} after epoch {epoch}, counted from 0.",
            got=loss,
            expected="a finite number",
            fix=GENTLER,
        )


def check_weights(model) -> None:
    """Look at the weights after the last step, whose gradient nobody has seen yet.

    Raises:
        StateError: one is not finite.
    """
    found = in_weights(model)
    if found is not None:
        reason, got, fix = found
        raise StateError(f"The training has spoilt the model: {reason}.", got=got, expected="finite numbers", fix=fix)
