"""Validation: the data that `fit` evaluates between epochs, and in which epochs it does."""

from __future__ import annotations

from pellucid.engine.compiling import Compiling
from pellucid.engine.counts import whole_number
from pellucid.engine.data import EpochIterator, unpack_x_y_sample_weight
from pellucid.errors import ArgumentError


class Validation:
    """The validation of one `fit`; its data is set up once for all epochs.

    Args:
        model: a Trainer.
        data: ``(x, y)``, ``(x, y, sample_weight)``, or a data set.
        batch_size, steps: samples in a batch; batches in one validation.
        frequency: a number of epochs, or the epochs, counted from 1.

    Raises:
        ArgumentError: another kind of `frequency`.
    """

    def __init__(self, model: Compiling, data, batch_size, steps, frequency):
        if not isinstance(frequency, (int, list, tuple)):
            raise ArgumentError(
                "`validation_freq` is a number of epochs, or a list of epochs.",
                got=repr(frequency),
                expected="such as 2 or [1, 5]",
            )
        if isinstance(frequency, int):
            whole_number("validation_freq", frequency, "epochs", least=1)
        self._model = model
        self._frequency = frequency
        self._steps = steps
        self._arguments = dict(zip(("x", "y", "sample_weight"), _parts(data), strict=True))
        self._arguments["batch_size"] = batch_size
        self.batches = EpochIterator(
            **self._arguments, steps_per_epoch=steps, steps_per_execution=model.steps_per_execution
        )

    def is_time(self, epoch: int) -> bool:
        """Whether to validate after this epoch, counted from 0."""
        if isinstance(self._frequency, int):
            return (epoch + 1) % self._frequency == 0
        return epoch + 1 in self._frequency

    def run(self, callbacks) -> dict:
        """The numbers by name; a model's own `evaluate` is what counts."""
        model = self._model
        if getattr(type(model).evaluate, "is_plain", False):
            self.batches.close()  # each validation begins at the first batch, also where `steps` cuts it off
            return model._run_test_steps(self.batches, callbacks)
        return model.evaluate(**self._arguments, steps=self._steps, callbacks=callbacks, return_dict=True)


def _parts(data):
    try:
        return unpack_x_y_sample_weight(data)
    except ArgumentError as error:
        error.add_note("while reading `validation_data`")
        raise
