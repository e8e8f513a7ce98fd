"""TerminateOnNaN: end the training at the first loss that is no finite number."""

from __future__ import annotations

import math

from pellucid.engine.callbacks.base import Callback
from pellucid.engine.progress import say
from pellucid.errors import StateError


class TerminateOnNaN(Callback):
    """Ends `fit` when the loss is NaN or infinite. Looking at each loss makes a GPU wait for each step.

    Args:
        raise_error: whether to raise instead of ending quietly.

    Raises:
        StateError: the loss is not finite, and `raise_error` is set.
    """

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise StateError(
                f"The loss is not finite after batch {batch}.",
                got=loss,
                expected="a finite number",
                fix="a lower learning rate, or clipnorm=1.0 in the optimizer",
            )
        say(f"Batch {batch}: the loss is {loss}, training ends")
        self.model.stop_training = True
