"""LossScaleOptimizer: keeps small float16 gradients from vanishing, by scaling the loss up and the gradients down."""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor
from pellucid.naming import name_scope
from pellucid.optimizers.arguments import COMMON
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.gradients import of_whole_batch
from pellucid.optimizers.mirror import Mirror
from pellucid.optimizers.state import filled


class LossScaleOptimizer(Optimizer):
    """Another optimizer, with a loss scale that finds its size by itself.

    A step with an infinite or missing number among the gradients is left out and halves the scale;
    `dynamic_growth_steps` good steps in a row double it.

    Args:
        inner_optimizer: the optimizer that moves the weights; all other arguments are given to it.
        initial_scale: the scale at first; too high is found out sooner than too low.

    Source: Micikevicius et al. 2018, Mixed Precision Training.
    """

    def __init__(self, inner_optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000, name=None, **kwargs):
        _check_left_to_inner(kwargs)
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.inner_optimizer.loss_scale_factor = None  # else gradients would be scaled twice

    def build(self, var_list):
        if self.built:
            return
        self.step_counter = self.add_variable((), filled(0), "int", name="step_counter")
        self.dynamic_scale = self.add_variable((), filled(self.initial_scale), "float32", name="dynamic_scale")
        self._good_steps, self._scale = Mirror(self.step_counter), Mirror(self.dynamic_scale)
        self.inner_optimizer.build(var_list)
        super().build(var_list)

    @property
    def variables(self):
        """The scale's own variables, then the inner optimizer's."""
        return self._variables + self.inner_optimizer.variables

    @of_whole_batch
    @torch.no_grad()
    def apply(self, grads, trainable_variables=None):
        """Move variables by gradients of the scaled loss, if all of them are finite."""
        if not self.built:
            if trainable_variables is None:
                raise ArgumentError(
                    "Gradients alone do not say which variables to move.",
                    fix="optimizer.apply(grads, trainable_variables)",
                )
            with name_scope(self.name, caller=self):
                self.build(list(trainable_variables))
        grads = list(grads)
        # The one place where a step waits for the device: whether to move decides about everything after it.
        if not self.check_finite(grads):
            self._note(good_steps=0, factor=0.5)
            return
        self._apply_inner(grads, trainable_variables)
        good_steps = self._good_steps.read() + 1
        if good_steps == self.dynamic_growth_steps:
            self._note(good_steps=0, factor=2.0)
        else:
            self._note(good_steps=good_steps)

    def _apply_inner(self, grads, trainable_variables):
        variables = list(trainable_variables or self._trainable_variables)
        scale = self._scale.read()
        unscaled = [
            gradient
            if gradient is None or self._overwrite_variable_with_gradient(variable)
            else convert_to_tensor(gradient) / scale
            for gradient, variable in zip(grads, variables, strict=False)
        ]
        self.inner_optimizer.apply(unscaled, trainable_variables)

    def _note(self, good_steps: int, factor: float = 1.0):
        self._good_steps.write(good_steps)
        if factor != 1.0:
            self._scale.write(self._scale.read() * factor)

    def check_finite(self, grads):
        """A tensor that tells whether no gradient holds an infinite or missing number."""
        finite = [convert_to_tensor(gradient).isfinite().all() for gradient in grads if gradient is not None]
        return torch.stack(finite).all() if finite else torch.tensor(True)

    @property
    def learning_rate(self):
        """The inner optimizer's."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        """The inner optimizer's."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss):
        """The loss times the scale of this moment."""
        return loss * (self.dynamic_scale.value if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list):
        """What the inner optimizer does at the end of training."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        """Arguments that make an equal optimizer, the inner one as plain data."""
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that a config tells."""
        inner = deserialize_keras_object(config["inner_optimizer"], custom_objects=custom_objects)
        return cls(inner, **{name: value for name, value in config.items() if name != "inner_optimizer"})


def _check_left_to_inner(kwargs):
    """Old files tell the common arguments too, at their defaults; anything else belongs to the inner optimizer."""
    if not kwargs.pop("dynamic", True):
        raise ArgumentError(
            "A loss scale that stays the same is an argument of the inner optimizer.",
            got="dynamic=False",
            fix="SGD(loss_scale_factor=2.0**15)",
        )
    for name, default in COMMON.items():
        if name in kwargs and (value := kwargs.pop(name)) != default:
            raise ArgumentError(
                f"LossScaleOptimizer leaves `{name}` to the optimizer inside.",
                got=f"{name}={value!r}",
                fix=f"LossScaleOptimizer(SGD({name}={value!r}))",
            )
    if kwargs:
        raise ArgumentError("Unknown arguments.", got=", ".join(map(repr, kwargs)))
