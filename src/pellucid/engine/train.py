"""Trainer: fit, evaluate and predict for anything that has `call` and weights; callbacks at every edge.

Below:  data/ (batches), step_functions.py (what runs them), compiling.py (losses and metrics), callbacks/.
Above:  models/model.py joins this with Layer.
Kept true: numbers stay on the device until a callback, the progress line or the end of an epoch reads them.
"""

from __future__ import annotations

import warnings

from pellucid import settings
from pellucid.engine.callbacks import CallbackList
from pellucid.engine.collecting import Collected
from pellucid.engine.compiled import Running
from pellucid.engine.counts import whole_number
from pellucid.engine.course import Course
from pellucid.engine.data import EpochIterator, split
from pellucid.engine.guard import Guard, check_epoch, check_weights, is_wanted
from pellucid.engine.logs import as_dict, as_numbers
from pellucid.engine.memory import kept_memory
from pellucid.engine.progress import say
from pellucid.engine.sharing import is_alone, meet
from pellucid.engine.step_functions import StepFunctions
from pellucid.engine.timing import Timing, part_of
from pellucid.engine.validation import Validation
from pellucid.errors import ArgumentTypeError, DataError


class Trainer(StepFunctions):
    """What makes a layer a model that learns.

    Works on anything with `call`, `trainable_weights`, `losses`, `_flatten_layers` and their like; it is no layer itself.

    Source: keras.Model, Keras 3.15.
    """

    stop_evaluating = stop_predicting = False
    history = None
    _initial_epoch = None
    _course: Course | None = None
    _timing: Timing | None = None

    # ---- fit

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
        *,
        profile=False,
    ):
        """Train for a number of epochs. A batch that fails changes nothing: all is as after the step before it.

        Args:
            x, y: arrays in any nesting; or x alone, a generator, DataLoader or PyDataset of batches ``(x, y)``.
            batch_size: samples in a step; 32 if None.
            epochs: the epoch at which training ends, counted from `initial_epoch`.
            verbose: 0 for silence, 1 or "auto" for a progress line, 2 for one line per epoch.
            callbacks: callbacks, or a CallbackList.
            validation_split: the share of the samples, taken from the end, to validate with.
            validation_data: ``(x, y)``, ``(x, y, sample_weight)``, or a data set, to validate with.
            shuffle: whether arrays come in a new order each epoch; "batch" for a new order inside each batch.
            class_weight: a weight per class, as a dict; for classes as targets.
            sample_weight: a weight per sample.
            steps_per_epoch, validation_steps: batches in an epoch, and in its validation; all there are if None.
            validation_batch_size: samples in a step of validation; `batch_size` if None.
            validation_freq: validate after every so many epochs, or after the epochs of a list, counted from 1.
            profile: print at the end where the time of the steps went, and keep it as ``.profile`` of the History.

        Returns:
            A History: ``.history`` is a dict of lists, one number per epoch.

        Raises:
            OrderError: not compiled.
            DataError: no data, arrays of different lengths, or lists of numbers.
            ArgumentError: an argument that does not go with the data, or has no sense.
            StateError: the loss is NaN or infinite, or a worker of the data died; the batch and its layer are told.
        """
        self._require_compiled("fit")
        epochs = _limited(whole_number("epochs", epochs, "epochs"))
        initial_epoch = whole_number("initial_epoch", initial_epoch, "epochs")
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = split((x, y, sample_weight), validation_split)
        batches = EpochIterator(
            x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight, self.steps_per_execution
        )
        validation = None
        if validation_data is not None:
            size = validation_batch_size or batch_size
            validation = Validation(self, validation_data, size, validation_steps, validation_freq)
        knows_names = self._compiled.is_built()
        try:
            callbacks = self._prepared(batches, callbacks, verbose, epochs, add_history=True)
            meet(self, "fit", batches)
            self.make_train_function()
            self.stop_training = False
            self._initial_epoch = None
            self._course = course = Course(self, batches, callbacks)
            callbacks.on_train_begin()
            first = initial_epoch if self._initial_epoch is None else self._initial_epoch
            course.begin()
            self._timing = Timing() if profile else None
            logs = self._run_epochs(range(first, epochs), batches, callbacks, validation, course)
            if is_wanted(self, callbacks):
                check_weights(self)
        except Exception:
            if not knows_names:
                self._compiled.forget_names()
            raise
        finally:
            self._course = None
            batches.close()
            if validation is not None:
                validation.batches.close()
        if epochs > 0 and hasattr(self.optimizer, "finalize_variable_values"):
            self.optimizer.finalize_variable_values(self.trainable_weights)
        callbacks.on_train_end(logs)
        timing, self._timing = self._timing, None
        if timing is not None:
            say(timing.table())
            if self.history is not None:
                self.history.profile = timing
        return self.history

    @kept_memory()
    def _run_epochs(self, epochs, batches, callbacks, validation, course) -> dict:
        logs: dict = {}
        for epoch in epochs:
            if self.stop_training:  # it was taken up at its end
                break
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            step_logs = self._run_train_steps(batches, callbacks, course.begin_epoch())
            if step_logs is None:
                _say_that_data_ran_out(epoch, is_first=epoch == epochs[0])
                break
            logs = as_numbers(self._metrics_result_or_logs(step_logs))
            if is_wanted(self, callbacks):
                check_epoch(epoch, logs)
            if validation is not None and validation.is_time(epoch):
                logs.update({f"val_{name}": value for name, value in validation.run(callbacks).items()})
            callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        return logs

    def _run_train_steps(self, batches, callbacks, logs=None):
        """The logs of the last step; those given if there was no batch."""
        guard = Guard(self, batches.first_step, is_wanted(self, callbacks))
        timing = self._timing
        self._running = running = Running(guard, timing=timing)
        try:
            for begin, end, data in batches if timing is None else timing.batches(batches):
                with part_of(running, "callbacks"):
                    callbacks.on_train_batch_begin(begin)
                with part_of(running, "forward"):
                    logs = self.train_function(data)
                if logs is None:
                    raise _step_without_logs(self, "train_step")
                with part_of(running, "callbacks"):
                    callbacks.on_train_batch_end(end, logs)
                if self.stop_training:
                    break
            guard.finish()
        finally:
            self._running = None
        return logs

    def _prepared(self, batches, callbacks, verbose, epochs, add_history=False) -> CallbackList:
        self._symbolic_build(iterator=batches)
        return self._listening(batches, callbacks, verbose, epochs, add_history)

    def _listening(self, batches, callbacks, verbose, epochs, add_history=False) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_history=add_history,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=batches.num_batches,
        )

    def _metrics_result_or_logs(self, logs) -> dict:
        """The metrics as they stand; the step's own logs where a user's step gives other names."""
        results = self.get_metrics_result()
        logs = as_dict(logs)
        return results if set(logs) == set(results) else logs

    # ---- evaluate

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
    ):
        """The loss and metrics over all data. Arguments as `fit` takes them.

        Returns:
            The loss, or a list of the loss and the metrics, or a dict of them where `return_dict`.

        Raises:
            OrderError: not compiled.
            DataError, ArgumentError: as `fit` raises them.
        """
        self._require_compiled("evaluate")
        batches = EpochIterator(x, y, sample_weight, batch_size, steps, steps_per_execution=self.steps_per_execution)
        try:
            callbacks = self._prepared(batches, callbacks, verbose, epochs=1)
            meet(self, "evaluate", batches)
            logs = self._run_test_steps(batches, callbacks)
        finally:
            batches.close()
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    evaluate.is_plain = True  # validation.py can then keep its iterator over epochs

    def _run_test_steps(self, batches, callbacks) -> dict:
        self.make_test_function()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        self.reset_metrics()
        logs = None
        self._running = Running()
        try:
            for begin, end, data in batches:
                callbacks.on_test_batch_begin(begin)
                logs = self.test_function(data)
                if logs is None:
                    raise _step_without_logs(self, "test_step")
                callbacks.on_test_batch_end(end, logs)
                if self.stop_evaluating:
                    break
        finally:
            self._running = None
        if logs is None:
            raise DataError("There was no batch to evaluate.", got="0 batches", expected="1 or more")
        numbers = as_numbers(self._metrics_result_or_logs(logs))
        callbacks.on_test_end(numbers)
        return numbers

    # ---- predict

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for all data, as NumPy arrays in the structure of the model's output.

        Raises:
            DataError, ArgumentError: as `fit` raises them.
        """
        if verbose == 0 and self._inference is not None and steps is None and callbacks is None and is_alone():
            outputs = self._inference.of_array(x, batch_size)
            if outputs is not None:
                return outputs
        batches = EpochIterator(
            x,
            batch_size=batch_size,
            steps_per_epoch=steps,
            steps_per_execution=self.steps_per_execution,
            may_be_empty=True,
        )
        callbacks = self._listening(batches, callbacks, verbose, epochs=1)
        meet(self, "predict", batches)
        self.make_predict_function()
        self.stop_predicting = False
        callbacks.on_predict_begin()
        collected = Collected()
        self._running = Running()
        try:
            for begin, end, data in batches:
                callbacks.on_predict_batch_begin(begin)
                outputs = self.predict_function(data)
                collected.add(outputs)
                callbacks.on_predict_batch_end(end, {"outputs": outputs})
                if self.stop_predicting:
                    break
        finally:
            self._running = None
            batches.close()
        callbacks.on_predict_end()
        return collected.arrays()


def _limited(epochs):
    limit = settings.max_epochs()
    if limit and limit < epochs:
        warnings.warn(f"Training is limited to {limit} epochs by set_max_epochs.", stacklevel=3)
        return limit
    return epochs


def _step_without_logs(model, step: str) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"`{step}` of {type(model).__name__} gives nothing back.",
        got="None",
        expected="a dict of numbers by name",
        fix='return {"loss": loss}  # last line of ' + step,
    )


def _say_that_data_ran_out(epoch, is_first):
    if is_first:
        raise DataError("There was no batch to train with.", got="0 batches", expected="1 or more")
    warnings.warn(
        f"There is no data left for epoch {epoch + 1}, so training ends: a generator gives its batches once. "
        "Give steps_per_epoch, or a PyDataset.",
        stacklevel=4,
    )
