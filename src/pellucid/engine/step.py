"""Steps: what happens to one batch in training, testing and predicting. A user's model may write its own.

Below:  compiled.py holds losses and metrics; the optimizer changes the weights.
Above:  train.py runs these over epochs.
Kept true: nothing here waits for the device: no number of a batch is read in Python.
"""

from __future__ import annotations

import contextlib
import inspect
import warnings

import torch

from pellucid import nest
from pellucid.distribution import sharding
from pellucid.dtypes import to_torch
from pellucid.engine.compiled import Compiled, Running
from pellucid.engine.data import to_device, unpack_x_y_sample_weight
from pellucid.engine.inference import Inference
from pellucid.engine.timing import part_of
from pellucid.errors import ArgumentTypeError, OrderError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.scopes import StatelessScope
from pellucid.graph.symbol import KerasTensor


class Stepping:
    """The half of a Trainer that knows single batches."""

    _compiled: Compiled | None = None
    _running: Running | None = None
    optimizer = None
    jit_compile = False
    _jit_forward = None
    run_eagerly = False
    _inference: Inference | None = None

    # ---- one batch

    def train_step(self, data) -> dict:
        """Learn from one batch; gives the logs. May be overridden.

        Args:
            data: ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``, as tensors.
        """
        return self.compute_metrics(*self._learn(data))

    def test_step(self, data) -> dict:
        """Compare with one batch; gives the logs. May be overridden."""
        return self.compute_metrics(*self._compare(data))

    def predict_step(self, data):
        """The outputs for one batch. May be overridden."""
        x, _, _ = unpack_x_y_sample_weight(data)
        if self.jit_compile or self.run_eagerly or sharding.in_use():
            return self._forward(x, training=False)
        if self._inference is None:
            self._inference = Inference()
        return self._inference(self, x)

    def _forward(self, x, training):
        """The outputs; by code that `torch.compile` made, forwards and backwards, where `jit_compile` is set."""
        if not self.jit_compile:
            return self(x, training=training)
        if self._jit_forward is None:
            self._jit_forward = torch.compile(self.__call__)
        return self._jit_forward(x, training=training)

    def _passages(self):
        """A block in which the forward run of `fit` makes its own way back, where nobody else looks at it."""
        running = self._running
        if running is None or self.jit_compile or self.run_eagerly or self._has_own("compute_loss"):
            return contextlib.nullcontext()
        return running.plans.running()

    def _has_own(self, *methods) -> bool:
        """Whether the user's class writes one of these, or an instance carries one."""
        return any(getattr(type(self), m) is not getattr(Stepping, m) or m in vars(self) for m in methods)

    def _learn(self, data, measure=None) -> tuple:
        """Change the weights by one batch; gives what `compute_metrics` takes.

        Args:
            measure: gets the same before the weights change, so that nothing has changed where it fails.
        """
        guard = None if self._running is None else self._running.guard
        if guard is None:
            return self._descended(data, measure)
        guard.begin()
        try:
            return self._descended(data, measure, guard)
        except Exception:
            guard.undo()
            raise

    def _descended(self, data, measure=None, guard=None) -> tuple:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with part_of(self._running, "forward"):
            with self._passages():
                y_pred = self._forward(x, training=True)
            loss = self._computed_loss(x, y, y_pred, sample_weight, training=True)
            if guard is not None:
                guard.check(loss, (x, y, sample_weight))
        with part_of(self._running, "metrics"):
            self._track_loss(loss, x)
            if measure is not None:
                measure(x, y, y_pred, sample_weight)
        weights = self.trainable_weights
        if weights:
            self._descend(loss, weights)
        else:
            warnings.warn(
                f"The model '{getattr(self, 'name', type(self).__name__)}' has no trainable weights.", stacklevel=2
            )
        return x, y, y_pred, sample_weight

    def _descend(self, loss, weights):
        """One step of the optimizer against the gradient of the loss."""
        if self.optimizer is None:
            raise OrderError("The model was compiled without an optimizer.", fix='compile(optimizer="adam", loss=...)')
        if not loss.requires_grad:
            raise ArgumentTypeError(
                "The loss does not depend on the weights in a way that has a gradient.",
                got=f"loss = {loss}",
                expected="a loss computed from the outputs by PyTorch or pellucid.ops functions",
                fix="return ops.mean(ops.square(y_true - y_pred))  # no NumPy, no .item()",
            )
        leaves = [v.part for v in weights]
        for leaf in leaves:
            leaf.grad = None
        scale = getattr(self.optimizer, "scale_loss", None)
        with part_of(self._running, "backward"):
            (loss if scale is None else scale(loss)).backward()
        with part_of(self._running, "optimizer"), torch.no_grad():
            self.optimizer.apply([leaf.grad for leaf in leaves], weights)

    def _compare(self, data) -> tuple:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._forward(x, training=False)
        self._track_loss(self._computed_loss(x, y, y_pred, sample_weight, training=False), x)
        return x, y, y_pred, sample_weight

    def _track_loss(self, loss, x):
        batch = next((leaf for leaf in nest.leaves(x) if leaf is not None), None)
        with torch.no_grad():
            size = batch.shape[0] if batch is not None and len(batch.shape) else 1
            self._loss_tracker.update_state(
                loss.detach() if isinstance(loss, torch.Tensor) else loss, sample_weight=size
            )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all weights, as `torch.nn.Module.zero_grad` does; for a `train_step` of your own."""
        for v in self.trainable_weights:
            if set_to_none:
                v.part.grad = None
            elif v.part.grad is not None:
                v.part.grad.zero_()

    # What a layer finds by looking through its attributes is found once per epoch.

    @property
    def trainable_weights(self) -> list:
        """The weights that training changes."""
        running = self._running
        if running is None:
            return super().trainable_weights
        if running.weights is None:
            running.weights = list(super().trainable_weights)
        return running.weights

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list:
        running = self._running
        if running is None or not (include_self and recursive):
            return super()._flatten_layers(include_self, recursive)
        if running.layers is None:
            running.layers = super()._flatten_layers()
        return running.layers

    # ---- loss and metrics

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The number to be minimised: the compiled loss, and all that layers and weights add. May be overridden.

        Raises:
            OrderError: there is no loss at all.
        """
        compiled = self._compiled
        parts = []
        if compiled is not None and compiled.loss is not None:
            loss = compiled.loss(y, y_pred, sample_weight)
            if loss is not None:
                parts.append(loss)
        parts += [_as_scalar(loss) for loss in self.losses]
        if not parts:
            raise OrderError(
                "There is no loss to compute.", got="compile() without a loss", fix='compile(loss="mse", ...)'
            )
        return sum(parts[1:], parts[0])

    def _computed_loss(self, x, y, y_pred, sample_weight, training):
        """`compute_loss`, also where a user's own takes no `training`, as in Keras 3.0."""
        if _takes_training(type(self).compute_loss):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def stateless_compute_loss(
        self,
        trainable_variables,
        non_trainable_variables,
        metrics_variables,
        x=None,
        y=None,
        y_pred=None,
        sample_weight=None,
        training=True,
    ):
        """The loss for given values of all variables, which are themselves left alone.

        Returns:
            ``(loss, (trainable, non_trainable, metrics))``: the loss, and the values that the variables would have.
        """
        groups = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)
        values = (trainable_variables, non_trainable_variables, metrics_variables)
        pairs = [pair for group in zip(groups, values, strict=True) for pair in zip(*group, strict=True)]
        with StatelessScope(state_mapping=pairs) as scope:
            loss = self._computed_loss(x, y, y_pred, sample_weight, training)
        after = [[scope.get_current_value(v) for v in group] for group in groups[1:]]
        return loss, (trainable_variables, *after)

    def compute_metrics(self, x, y, y_pred, sample_weight=None) -> dict:
        """Update the metrics by one batch, and give all results. May be overridden."""
        self._update_metrics(x, y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _update_metrics(self, x, y, y_pred, sample_weight=None):
        compiled = self._compiled
        if compiled is not None and compiled.metrics is not None:
            with torch.no_grad():
                compiled.metrics.update_state(y, _detached(y_pred), sample_weight)

    def get_metrics_result(self) -> dict:
        """The results of all metrics by name, as tensors."""
        results = {}
        with torch.no_grad():
            for metric in self.metrics:
                result = metric.result()
                results.update(result if isinstance(result, dict) else {metric.name: result})
        return results

    # ---- building

    def _symbolic_build(self, iterator=None, data_batch=None):
        """Make weights, losses and metrics by the shapes of a first batch, before any real step."""
        compiled = self._compiled
        needs_weights = not all(layer.built for layer in self._flatten_layers())
        needs_names = compiled is not None and not compiled.is_built()
        if needs_weights or needs_names:
            batch = iterator.peek() if data_batch is None else to_device(data_batch)
            x, y, _ = nest.map_structure(_symbol, unpack_x_y_sample_weight(batch))
            try:
                with StatelessScope():  # weights made inside get their first values when it closes
                    y_pred = compute_output_spec(self, x, training=False)
            except Exception:
                if type(self).train_step is Stepping.train_step:
                    raise
                return  # a model with a `train_step` of its own need not be callable as a whole
            if needs_names:
                self._build_names(compiled, y, y_pred)
        if self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    def _build_names(self, compiled, y, y_pred):
        """A model with its own idea of loss or metrics is left to make its own, in its first step."""
        if y is None:
            return
        if compiled.loss is not None and not compiled.loss.built and type(self).compute_loss is Stepping.compute_loss:
            compiled.loss.build(y, y_pred)
        if compiled.metrics is not None and not compiled.metrics.built:
            if type(self).compute_metrics is Stepping.compute_metrics:
                compiled.metrics.build(y, y_pred)


def _symbol(x):
    return KerasTensor(tuple(x.shape), dtype=x.dtype) if isinstance(x, torch.Tensor) else x


def _as_scalar(loss):
    return loss.sum() if loss.is_floating_point() else loss.to(to_torch(None)).sum()


def _detached(structure):
    """The same values outside the graph of gradients; masks stay with them."""
    return nest.map_structure(_detached_leaf, structure)


def _detached_leaf(x):
    if not isinstance(x, torch.Tensor):
        return x
    detached = x.detach()
    mask = getattr(x, "_keras_mask", None)
    if mask is not None:
        detached._keras_mask = mask
    return detached


_with_training: dict = {}


def _takes_training(function) -> bool:
    if function not in _with_training:
        parameters = inspect.signature(function).parameters
        has_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        _with_training[function] = "training" in parameters or has_any
    return _with_training[function]
