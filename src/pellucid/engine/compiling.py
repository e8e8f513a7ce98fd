"""Compiling: `compile`, what it leaves behind, and single batches by hand.

Below:  step.py (one batch), compiled.py (losses and metrics).
Above:  step_functions.py runs groups of batches, train.py's Trainer adds epochs to this.
"""

from __future__ import annotations

import warnings

from pellucid import nest, optimizers
from pellucid.engine.compile_loss import CompileLoss
from pellucid.engine.compile_metrics import CompileMetrics
from pellucid.engine.compile_names import check_names
from pellucid.engine.compiled import Compiled
from pellucid.engine.data import class_weight_to_sample_weights, to_device
from pellucid.engine.data.leaves import refuse_lists
from pellucid.engine.logs import as_numbers
from pellucid.engine.step import Stepping
from pellucid.errors import ArgumentError, OrderError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_numpy


class Compiling(Stepping):
    """The half of a Trainer that knows what `compile` was told."""

    compiled = False
    loss = None
    run_eagerly = False
    steps_per_execution = 1
    stop_training = False
    train_function = test_function = predict_function = None
    _jit_compile = False

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ) -> None:
        """Say how the model learns and what is measured.

        Args:
            optimizer: a name, or an Optimizer.
            loss: a name, a Loss, a function ``f(y_true, y_pred)``, or a list or dict of them, one per output.
            loss_weights: a number per loss, in the same form.
            metrics: list of names, Metrics or functions; for several outputs a list of lists, or a dict by output.
            weighted_metrics: the same, for metrics that see sample weights.
            run_eagerly: switches off what `jit_compile` would do.
            steps_per_execution: batches between two calls of the batch callbacks.
            jit_compile: True compiles the model's arithmetic, forwards and backwards, by `torch.compile`; "auto" does not.
            auto_scale_loss: whether "mixed_float16" gets a LossScaleOptimizer.

        Raises:
            ArgumentError: an unknown name, or a form that nothing can have.
        """
        given = {
            "optimizer": optimizers.get(optimizer), "loss": loss, "loss_weights": loss_weights, "metrics": metrics,
            "weighted_metrics": weighted_metrics, "run_eagerly": run_eagerly,
            "steps_per_execution": _whole(steps_per_execution), "jit_compile": jit_compile,
        }  # fmt: skip
        names = getattr(self, "output_names", None)
        has_metrics = metrics is not None or weighted_metrics is not None
        self._compiled = Compiled(
            given=given,
            loss=None if loss is None else CompileLoss(loss, loss_weights, output_names=names),
            metrics=CompileMetrics(metrics, weighted_metrics, output_names=names) if has_metrics else None,
        )
        self.optimizer = self._scaled(given["optimizer"], auto_scale_loss)
        self.loss = loss
        self.run_eagerly = run_eagerly
        self.steps_per_execution = given["steps_per_execution"]
        self.jit_compile = self._checked_jit(jit_compile, run_eagerly)
        given["jit_compile"] = self.jit_compile
        self.stop_training = False
        self.train_function = self.test_function = self.predict_function = self._jit_forward = None
        self.compiled = True

    def _scaled(self, optimizer, auto_scale_loss):
        policy = getattr(getattr(self, "dtype_policy", None), "name", None)
        if not auto_scale_loss or optimizer is None or policy != "mixed_float16":
            return optimizer
        if isinstance(optimizer, optimizers.LossScaleOptimizer):
            return optimizer
        return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")

    def _checked_jit(self, jit_compile, run_eagerly) -> bool:
        if jit_compile == "auto":
            return False
        if jit_compile and run_eagerly:
            warnings.warn("`run_eagerly=True` switches `jit_compile=True` off.", stacklevel=3)
            return False
        return bool(jit_compile)

    @property
    def jit_compile(self) -> bool:
        """Whether the arithmetic is compiled by `torch.compile`; may be set."""
        return self._jit_compile

    @jit_compile.setter
    def jit_compile(self, value):
        if value and not all(getattr(layer, "supports_jit", True) for layer in self._flatten_layers()):
            warnings.warn("A layer of this model cannot be compiled; `jit_compile` stays False.", stacklevel=2)
            value = False
        self._jit_compile = bool(value)

    # ---- what compile made

    @property
    def _loss_tracker(self):
        return self._compiled and self._compiled.loss_tracker

    @property
    def _compile_metrics(self):
        return self._compiled and self._compiled.metrics

    @property
    def _compile_loss(self):
        return self._compiled and self._compiled.loss

    @property
    def metrics(self) -> list:
        """All metrics: of the loss, of `compile`, of the outputs' losses, the model's own, those of its layers."""
        running = self._running
        if running is not None and running.metrics is not None:
            return running.metrics
        found = self._compiled.all_metrics() if self._compiled is not None else []
        found += self._own_metrics()
        for layer in self._flatten_layers(include_self=False):
            if not isinstance(layer, Compiling):  # a model inside this one is not measured on its own
                found += layer._own_metrics()
        if running is not None and self._compiled is not None and self._compiled.is_built():
            running.metrics = found
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Let all metrics forget what they have seen."""
        for metric in self.metrics:
            metric.reset_state()

    def get_compile_config(self) -> dict:
        """The arguments of `compile` as plain data; empty if it was not called."""
        return serialize_keras_object(self._compiled.given) if self.compiled and self._compiled else {}

    def compile_from_config(self, config: dict) -> None:
        """Compile by what `get_compile_config` gave; a model with its own `compile` must have its own of this too.

        Raises:
            UnknownNameError: a loss or metric that is not known.
        """
        if type(self).compile is not Compiling.compile:
            warnings.warn(
                f"{type(self).__name__} has its own compile(), so it is loaded without being compiled: "
                "write get_compile_config() and compile_from_config(config) too, or call compile() again.",
                stacklevel=2,
            )
            return
        given = deserialize_keras_object(config)
        check_names(given)
        self.compile(**given)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _require_compiled(self, method: str):
        if not self.compiled:
            raise OrderError(
                f"`{method}` needs to know the loss: the model is not compiled.",
                got=f"{method}() before compile()",
                fix='model.compile(optimizer="adam", loss="mse")',
            )

    # ---- single batches

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """Learn from one batch.

        Returns:
            The loss, or a list of the loss and the metrics, or a dict of them where `return_dict`.

        Raises:
            OrderError: not compiled.
            ArgumentError: both kinds of weights.
        """
        self._require_compiled("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ArgumentError("`class_weight` and `sample_weight` exclude one another.", got="both")
            sample_weight = class_weight_to_sample_weights(to_device(y), class_weight)
        data = _batch(x, y, sample_weight)
        self._symbolic_build(data_batch=data)
        self.make_train_function()
        self.reset_metrics()
        return self._told(self.train_function([data]), return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Compare with one batch; gives what `train_on_batch` gives, and changes nothing.

        Raises:
            OrderError: not compiled.
        """
        self._require_compiled("test_on_batch")
        data = _batch(x, y, sample_weight)
        self._symbolic_build(data_batch=data)
        self.make_test_function()
        self.reset_metrics()
        return self._told(self.test_function([data]), return_dict)

    def predict_on_batch(self, x):
        """The outputs for one batch, as NumPy arrays."""
        self.make_predict_function()
        return nest.map_structure(convert_to_numpy, self.predict_function([_batch(x)[:1]]))

    def _told(self, logs, return_dict):
        logs = as_numbers(logs)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def _flatten_metrics_in_order(self, logs: dict):
        """Numbers without names: in the order of `metrics`, others behind, by name; a single one is no list."""
        names = []
        for metric in self.metrics:
            parts = metric.metrics if isinstance(metric, CompileMetrics) else [metric]
            names += [part.name for part in parts]
        names = [name for name in dict.fromkeys(names) if name in logs]
        numbers = [logs[name] for name in names] + [logs[name] for name in sorted(logs) if name not in names]
        return numbers[0] if len(numbers) == 1 else numbers


def _batch(x, y=None, sample_weight=None) -> tuple:
    for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight)):
        refuse_lists(name, part)
    return to_device((x, y, sample_weight))


def _whole(steps_per_execution):
    if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
        raise ArgumentError(
            "`steps_per_execution` is a number of batches.", got=repr(steps_per_execution), expected="1 or more"
        )
    return steps_per_execution
