"""SwapEMAWeights: test and predict with the moving averages of the weights that an optimizer keeps."""

from __future__ import annotations

import torch

from pellucid.engine.callbacks.base import Callback
from pellucid.errors import ArgumentError


class SwapEMAWeights(Callback):
    """Puts the averages of an optimizer with ``use_ema=True`` in the weights' place while the model is tested.

    Args:
        swap_on_epoch: whether they also stand there between epochs, for callbacks that save.

    Raises:
        ArgumentError: the optimizer keeps no averages.
    """

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._is_swapped = False

    def on_epoch_begin(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch, logs=None):
        if not self.swap_on_epoch:
            return
        self._swap(True)
        if epoch == self.params["epochs"] - 1:
            # The optimizer ends by assigning the averages to the weights, so both hold them from here on.
            for weight, average in self._pairs():
                average.assign(weight.value)

    def on_test_begin(self, logs=None):
        self._swap(True)

    def on_test_end(self, logs=None):
        self._swap(False)

    def on_predict_begin(self, logs=None):
        self._swap(True)

    def on_predict_end(self, logs=None):
        self._swap(False)

    def _swap(self, wanted: bool):
        if self._is_swapped is wanted:
            return
        with torch.no_grad():
            for weight, average in self._pairs():
                kept = weight.value.detach().clone()
                weight.assign(average.value)
                average.assign(kept)
        self._is_swapped = wanted

    def _pairs(self):
        outer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        all_optimizers = getattr(outer, "optimizers", None) or [outer]
        with_averages = [one for one in all_optimizers if getattr(one, "_model_variables_moving_average", None)]
        if not with_averages:
            raise ArgumentError(
                "SwapEMAWeights needs an optimizer that keeps averages.",
                got=f"{type(outer).__name__}(use_ema=False)",
                fix=f"{type(outer).__name__}(use_ema=True)",
            )
        for optimizer in with_averages:
            yield from zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True)
