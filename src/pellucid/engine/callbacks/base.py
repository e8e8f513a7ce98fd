"""Callback: the parent of all callbacks, with a method for every edge of training, testing and predicting.

Above: callback_list.py calls these; a method that a class does not write costs nothing.
Kept true: logs are Python numbers by name; a callback may change the dict of `on_epoch_end`, and History sees it.
"""

from __future__ import annotations

MOMENTS = (
    "on_train_begin", "on_train_end", "on_test_begin", "on_test_end", "on_predict_begin", "on_predict_end",
    "on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end",
    "on_train_batch_begin", "on_train_batch_end", "on_test_batch_begin", "on_test_batch_end",
    "on_predict_batch_begin", "on_predict_batch_end",
)  # fmt: skip


class Callback:
    """Something to do at the edges of batches and epochs. A subclass writes the methods it needs.

    Attributes:
        params: dict of ``verbose``, ``epochs`` and ``steps`` of the running loop.
        model: the model that runs.

    Source: keras.callbacks.Callback, Keras 3.15.
    """

    # Class attributes, so that a subclass whose __init__ forgets its parent's works too.
    params: dict | None = None
    _model = None
    # Names of attributes that a backup keeps: what it has seen so far, in plain values and arrays.
    backed_up: tuple[str, ...] = ()

    def set_params(self, params: dict) -> None:
        """Called with the facts of the loop before it begins."""
        self.params = params

    def set_model(self, model) -> None:
        """Called with the model before the loop begins."""
        self._model = model

    @property
    def model(self):
        """The model that runs; None before that."""
        return self._model

    def is_due(self, moment: str, batch: int) -> bool:
        """Whether this callback wants this batch at all; a False saves computing its logs."""
        return True

    def on_train_begin(self, logs=None):
        """Before `fit`'s first epoch."""

    def on_train_end(self, logs=None):
        """After `fit`'s last epoch, with its logs."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch and its validation, with the numbers of both."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a training step, counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        """After a training step, with the running means of the epoch."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch, logs=None):
        """Another name for `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Another name for `on_train_batch_end`."""

    def on_test_begin(self, logs=None):
        """Before evaluation, also before the validation of an epoch."""

    def on_test_end(self, logs=None):
        """After evaluation, with its numbers."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of evaluation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of evaluation."""

    def on_predict_begin(self, logs=None):
        """Before prediction."""

    def on_predict_end(self, logs=None):
        """After prediction."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch, logs=None):
        """After a batch of prediction, with ``{"outputs": ...}``."""


_NONE_WRITTEN = {
    **{moment: (moment,) for moment in MOMENTS},
    # The parent's forwards to the short name, so that one counts as well.
    "on_train_batch_begin": ("on_train_batch_begin", "on_batch_begin"),
    "on_train_batch_end": ("on_train_batch_end", "on_batch_end"),
}


def is_written(callback, moment: str) -> bool:
    """Whether a callback does anything at this moment, by its class or by an attribute of its own."""
    for name in _NONE_WRITTEN[moment]:
        method = getattr(callback, name, None)
        if getattr(method, "__func__", method) is not getattr(Callback, name):
            return method is not None
    return False
