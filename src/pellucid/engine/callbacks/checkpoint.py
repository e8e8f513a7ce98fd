"""ModelCheckpoint: save the model, or its weights, while it trains.

Below:  the model's own `save` and `save_weights`.
"""

from __future__ import annotations

import os
import warnings

from pellucid.engine.callbacks.monitor import MonitorCallback
from pellucid.engine.progress import say
from pellucid.errors import ArgumentError, MissingAttributeError, MissingKeyError
from pellucid.files import atomic

_ENDINGS = {True: (".weights.h5",), False: (".keras", ".h5")}


class ModelCheckpoint(MonitorCallback):
    """Saves the model after epochs, or after every so many batches.

    Args:
        filepath: ends with .keras (whole models) or .weights.h5 (weights); may hold names of logs, ``{epoch:02d}``
            (counted from 1), ``{batch}``, ``{val_loss:.2f}``.
        monitor, mode, initial_value_threshold: which number, which way is better, and its value to begin with.
        verbose: 1 says each save.
        save_best_only: whether to save only when the number got better.
        save_weights_only: whether to save weights only.
        save_freq: "epoch", or a number of batches.

    Raises:
        ArgumentError: another ending, or another `save_freq`.
    """

    backed_up = ("best", "_counter")

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._current_epoch = 0
        self._counter = BatchCounter(save_freq)
        endings = _ENDINGS[bool(save_weights_only)]
        if not self.filepath.endswith(endings):
            raise ArgumentError(
                f"`filepath` has the wrong ending for {'weights' if save_weights_only else 'whole models'}.",
                got=repr(self.filepath),
                expected=" or ".join(endings),
                fix=f'ModelCheckpoint("model{endings[0]}", save_weights_only={bool(save_weights_only)})',
            )

    def on_epoch_begin(self, epoch, logs=None):
        self._current_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._counter.is_time(batch):
            self._save_model(self._current_epoch, batch, logs or {})

    def is_due(self, moment, batch):
        """Without `save_freq` in batches there is nothing to do at a batch."""
        return self.save_freq != "epoch"

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor_op is None and (self.save_best_only or self.mode != "auto"):
            self._set_monitor_op()
        if self.save_freq == "epoch":
            self._save_model(epoch, None, logs or {})

    def _save_model(self, epoch, batch, logs):
        path = self._file_path(epoch, batch, logs)
        if not self._is_worth_saving(epoch, logs, path):
            return
        if os.path.isdir(path):
            raise IsADirectoryError(f"ModelCheckpoint writes a file, but {path!r} is a directory.")
        atomic.make_folders(os.path.dirname(path))
        method = "save_weights" if self.save_weights_only else "save"
        if not hasattr(self.model, method):
            raise MissingAttributeError(
                f"ModelCheckpoint needs `{method}` of the model.", got=type(self.model).__name__
            )
        getattr(self.model, method)(path, overwrite=True)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: saved to {path}")

    def _is_worth_saving(self, epoch, logs, path) -> bool:
        if not self.save_best_only:
            return True
        current = logs.get(self.monitor)
        if current is None or len(getattr(current, "shape", ())) > 0:
            warnings.warn(
                f"ModelCheckpoint(save_best_only=True) needs the number '{self.monitor}', which is "
                f"{'not among the logs' if current is None else 'an array'}; the model is saved anyway.",
                stacklevel=4,
            )
            return True
        if self.monitor_op is None:
            self._set_monitor_op()
        is_better = self._is_improvement(current, self.best)
        if self.verbose > 0:
            before = "None" if self.best is None else f"{self.best:.5f}"
            verb = f"improved from {before} to {current:.5f}" if is_better else f"did not improve from {before}"
            say(f"\nEpoch {epoch + 1}: {self.monitor} {verb}")
        if is_better:
            self.best = current
        return is_better

    def _file_path(self, epoch, batch, logs) -> str:
        told = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs}
        try:
            return self.filepath.format(**told)
        except KeyError as error:
            raise MissingKeyError(
                f"`filepath` asks for {error}, which the logs do not hold.",
                got=repr(self.filepath),
                expected=", ".join(told),
            ) from error


class BatchCounter:
    """Counts batches over epochs, and says when `save_freq` of them have passed.

    Raises:
        ArgumentError: neither "epoch" nor a number.
    """

    backed_up = ("_last", "_waiting")

    def __init__(self, save_freq):
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ArgumentError(
                '`save_freq` is "epoch" or a number of batches.', got=repr(save_freq), expected='"epoch" or such as 100'
            )
        self._every = save_freq
        self._last: int | None = None
        self._waiting = 0

    def is_time(self, batch: int) -> bool:
        """Whether to save after this batch."""
        if self._every == "epoch":
            return False
        before = -1 if self._last is None or batch <= self._last else self._last  # -1: a new epoch
        self._waiting += batch - before
        self._last = batch
        if self._waiting < self._every:
            return False
        self._waiting = 0
        return True
