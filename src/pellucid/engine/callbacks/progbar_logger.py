"""ProgbarLogger: the progress line of fit, evaluate and predict."""

from __future__ import annotations

import math

from pellucid.engine.callbacks.base import Callback
from pellucid.engine.progress import Progbar, is_redrawable, say


class ProgbarLogger(Callback):
    """Draws how far a loop has come; `fit` adds it unless ``verbose=0``."""

    def __init__(self):
        super().__init__()
        self.verbose = 1
        self.epochs = 1
        self.target: int | None = None
        self.seen = 0
        self.progbar: Progbar | None = None
        self._is_in_fit = False

    def set_params(self, params):
        super().set_params(params)
        self.verbose = 1 if params["verbose"] == "auto" else int(params["verbose"])
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def is_due(self, moment, batch):
        """Only a drawing needs the numbers of a batch; the steps are counted all the same."""
        if self._is_in_fit and "test" in moment:
            return False
        self.seen = batch + 1
        return self.progbar is None or self.progbar.is_due(self.seen)

    def on_train_begin(self, logs=None):
        self._is_in_fit = True

    def on_epoch_begin(self, epoch, logs=None):
        self._begin()
        if self.verbose and self.epochs > 1:
            say(f"Epoch {epoch + 1}/{self.epochs}")

    def on_test_begin(self, logs=None):
        if not self._is_in_fit:
            self._begin()

    def on_predict_begin(self, logs=None):
        self._begin()

    def on_train_batch_end(self, batch, logs=None):
        self._move(logs)

    def on_test_batch_end(self, batch, logs=None):
        self._move(logs)

    def on_predict_batch_end(self, batch, logs=None):
        self._move(None)

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_test_end(self, logs=None):
        if not self._is_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs=None):
        self._finish(None)

    def _begin(self):
        self.seen = 0
        # A line that cannot be drawn over would come again and again, so it comes once, at the end.
        interval = 0.05 if is_redrawable() else math.inf
        self.progbar = Progbar(
            self.target, verbose=self.verbose, interval=interval, stateless_metrics=(), unit_name="step"
        )

    def _move(self, logs):
        if self.progbar is None:
            self._begin()
        self.progbar.update(self.seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs):
        if self.target is None:
            self.target = self.progbar.target = self.seen
        # An epoch that ended early, by a callback or for want of data, says how far it came.
        self.progbar.update(self.seen or self.target, list((logs or {}).items()), finalize=True)
