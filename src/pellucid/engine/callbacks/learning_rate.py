"""Learning rates: set by a function of the epoch, or lowered when a number stays on its plateau.

Below:  the optimizer's `learning_rate` property; one that follows a schedule refuses to be set.
"""

from __future__ import annotations

import inspect
import warnings

import numpy as np

from pellucid.engine.callbacks.base import Callback
from pellucid.engine.callbacks.monitor import MonitorCallback
from pellucid.engine.progress import say
from pellucid.errors import ArgumentError
from pellucid.graph.values import convert_to_numpy


def _optimizers(model) -> list[tuple]:
    """Pairs of an optimizer and what its learning rate is called in logs; a MultiOptimizer has several."""
    several = getattr(model.optimizer, "optimizers", None)
    if several is None:
        return [(model.optimizer, "learning_rate")]
    return [(optimizer, f"learning_rate_{optimizer.name}") for optimizer in several]


def _rate(optimizer) -> float:
    return float(convert_to_numpy(optimizer.learning_rate))


def _log_rates(model, logs) -> None:
    if logs is not None:
        logs.update({name: _rate(optimizer) for optimizer, name in _optimizers(model)})


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch, and logs it.

    Args:
        schedule: ``schedule(epoch, learning_rate)`` or ``schedule(epoch)``, gives a float.
        verbose: 1 says each rate.

    Raises:
        ArgumentError: `schedule` gives no float.
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch, logs=None):
        for optimizer, name in _optimizers(self.model):
            if not hasattr(optimizer, "learning_rate"):
                raise ArgumentError("The optimizer has no `learning_rate`.", got=type(optimizer).__name__)
            rate = self._asked(epoch, _rate(optimizer))
            optimizer.learning_rate = rate
            if self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {name.replace('_', ' ', 1)} to {rate}.")

    def _asked(self, epoch, rate) -> float:
        rate = self.schedule(epoch, rate) if self._takes_rate() else self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise ArgumentError("`schedule` gives a float.", got=repr(rate), fix=f"return float({rate!r})")
        return float(rate)

    def _takes_rate(self):
        try:
            inspect.signature(self.schedule).bind(0, 0.0)
        except TypeError:
            return False
        except ValueError:
            return True  # a builtin without a signature
        return True

    def on_epoch_end(self, epoch, logs=None):
        _log_rates(self.model, logs)


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a number has not got better for a while, and logs it.

    Args:
        monitor, mode, min_delta: which number, which way is better, and which change is none.
        factor: the new rate is this times the old one; below 1.
        patience: epochs without an improvement after which it is lowered.
        verbose: 1 says each change.
        cooldown: epochs after a change that are not watched.
        min_lr: the rate never falls below this.

    Raises:
        ArgumentError: a factor of 1 or more.
    """

    backed_up = ("best", "cooldown_counter", "wait")

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
        **kwargs,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ArgumentError("`factor` lowers the learning rate.", got=factor, expected="below 1", fix="factor=0.1")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._reset()

    def _reset(self):
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs=None):
        self._reset()

    def in_cooldown(self) -> bool:
        """Whether epochs are not watched at the moment."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = {} if logs is None else logs
        _log_rates(self.model, logs)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"ReduceLROnPlateau watches '{self.monitor}', which is not among {', '.join(logs)}.", stacklevel=2
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._lower(epoch)

    def _lower(self, epoch):
        for optimizer, name in _optimizers(self.model):
            old = _rate(optimizer)
            if old <= np.float32(self.min_lr):
                continue
            optimizer.learning_rate = new = max(old * self.factor, self.min_lr)
            self.cooldown_counter = self.cooldown
            self.wait = 0
            if self.verbose > 0:
                say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {name.replace('_', ' ', 1)} to {new}.")
