"""History: the numbers of every epoch, which `fit` gives back."""

from __future__ import annotations

from pellucid.engine.callbacks.base import Callback


class History(Callback):
    """Keeps the numbers of every epoch.

    Attributes:
        history: dict of lists, one number per epoch; it goes on over several fits where one History is used again.
        epoch: the epochs of the last fit.
        profile: of a fit with ``profile=True``: its `steps`, and the `seconds` of each part of them.
    """

    backed_up = ("history", "epoch")
    profile = None

    def __init__(self):
        super().__init__()
        self.history: dict[str, list] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
