"""Optimizer: turns gradients into changed weights. What all optimizers do; each one adds its rule.

Below:  state.py owns the variables; clipping.py and averaging.py change gradients before, weights after.
Above:  one file per optimizer gives `_slots` (what it keeps beside each weight) and `_rule` (its formula).
Kept true: a rule changes all weights of one device and dtype at once, in place, with no number fetched
           from the device; inside a StatelessScope the same rule runs on copies.
"""

from __future__ import annotations

import inspect
import warnings

import torch

from pellucid.distribution import sharding
from pellucid.errors import ArgumentError, nearest
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.scopes import StatelessScope
from pellucid.graph.values import convert_to_numpy, convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.naming import name_scope
from pellucid.optimizers import averaging, clipping
from pellucid.optimizers.arguments import COMMON
from pellucid.optimizers.gradients import as_gradient, of_whole_batch, present
from pellucid.optimizers.rule import Rule


class Optimizer(Rule):
    """The parent of all optimizers; arguments.py tells the common arguments.

    Your own optimizer overrides `build` (``super().build(variables)``, then `add_optimizer_variables`),
    ``update_step(gradient, variable, learning_rate)``, and `get_config`.

    Args:
        learning_rate: a float, a LearningRateSchedule, or a callable without arguments.

    Source: keras.optimizers.Optimizer, Keras 3.15.
    """

    own_arguments: tuple[str, ...] = ()  # what `get_config` tells besides the common arguments

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(name)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._slot_names: list[str] = []
        self.exclude_from_weight_decay()
        _check_unknown(self, kwargs)
        self._check_arguments()
        self._begin_learning_rate(learning_rate)

    def _check_arguments(self):
        steps, frequency = self.gradient_accumulation_steps, self.ema_overwrite_frequency
        if steps and not steps >= 2:
            raise ArgumentError(
                "Gradients accumulate over 2 steps or more.", got=f"gradient_accumulation_steps={steps}"
            )
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise ArgumentError("`ema_momentum` is a share.", got=self.ema_momentum, expected="0 to 1")
        if self.use_ema and frequency and (not isinstance(frequency, int) or frequency < 1):
            raise ArgumentError("`ema_overwrite_frequency` counts steps.", got=frequency, expected="1 or more, or None")
        clips = {word: getattr(self, word) for word in ("clipnorm", "clipvalue", "global_clipnorm")}
        for word, limit in clips.items():
            if limit is not None and limit < 0:
                raise ArgumentError(f"`{word}` is a largest size.", got=limit, expected="0 or more, or None")
        if sum(limit is not None for limit in clips.values()) > 1:
            raise ArgumentError("Gradients are clipped in one way only.", got=clips, expected="two of them None")

    def build(self, var_list) -> None:
        """Make the optimizer's variables beside those of a model."""
        if self.built:
            return
        self._trainable_variables = list(var_list)
        self._index_variables()
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(var_list, "average")
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = [
                self.add_variable_from_reference(variable, "gradient_accumulator") for variable in var_list
            ]
        for group in self._slots():
            slots = [slot if isinstance(slot, tuple) else (slot, "zeros") for slot in group.values()]
            made = self.add_optimizer_variables(var_list, [name for name, _ in slots], [first for _, first in slots])
            for attribute, slot_variables in zip(group, made, strict=True):
                setattr(self, attribute, slot_variables)
                self._slot_names.append(attribute)
        self.built = True

    def apply_gradients(self, grads_and_vars):
        """Move variables by pairs (gradient, variable); gives back the step counter."""
        pairs = list(grads_and_vars)
        if not pairs:
            raise ArgumentError(
                "There is no gradient to apply.", got="no pairs", fix="apply_gradients(zip(gradients, variables))"
            )
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    @of_whole_batch
    @torch.no_grad()
    def apply(self, grads, trainable_variables=None) -> None:
        """Move variables by their gradients; None beside a variable leaves it where it is, with a warning.

        Args:
            grads: one gradient per variable.
            trainable_variables: builds the optimizer when it is given first; None means those.

        Raises:
            ArgumentError: unknown variables, another number of gradients, or no gradient at all.
        """
        grads = list(grads)
        if not grads:
            return
        grads, variables = present(grads, self._known(grads, trainable_variables))
        grads = [as_gradient(gradient, variable) for gradient, variable in zip(grads, variables, strict=True)]
        grads, variables = self._overwrite_variables_directly_with_gradients(grads, variables)
        if grads:
            if self.loss_scale_factor is not None:
                grads = torch._foreach_div(grads, self.loss_scale_factor)
            self._apply_or_accumulate(list(grads), variables)
            for variable in variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable))
        self._iteration.write(self._iteration.read() + 1)

    def _known(self, grads, variables) -> list:
        """The variables that these gradients are for."""
        if variables is None:
            if not self.built:
                raise ArgumentError(
                    "Gradients alone do not say which variables to move.",
                    got="an optimizer that is not built",
                    fix="optimizer.apply(grads, trainable_variables)",
                )
            variables = self._trainable_variables
        else:
            variables = list(variables)
            if not self.built:
                with name_scope(self.name, caller=self):
                    self.build(variables)
        for variable in variables:
            if id(variable) not in self._trainable_variables_indices:
                raise ArgumentError(
                    "The optimizer was built for other variables than this one.",
                    got=getattr(variable, "path", variable),
                    expected=f"one of its {len(self._trainable_variables)} variables",
                    fix=f"a new optimizer: {type(self).__name__}(...)",
                )
        if len(grads) != len(variables):
            raise ArgumentError(
                "Each variable needs one gradient.",
                got=f"{len(grads)} gradients",
                expected=f"{len(variables)}, None allowed",
            )
        return variables

    def _overwrite_variables_directly_with_gradients(self, grads, variables):
        """Serve the variables that their gradient replaces (scales of float8 training); gives back the others."""
        if not any(map(self._overwrite_variable_with_gradient, variables)):
            return grads, variables
        others = []
        for gradient, variable in zip(grads, variables, strict=True):
            if self._overwrite_variable_with_gradient(variable):
                self._overwrite(variable, gradient)
            else:
                others.append((gradient, variable))
        return [gradient for gradient, _ in others], [variable for _, variable in others]

    def _overwrite(self, variable, gradient):
        if not self.gradient_accumulation_steps:
            variable.assign(gradient)
            return
        largest_yet = self._accumulated_gradients[self._get_variable_index(variable)]
        largest = torch.maximum(gradient, largest_yet.value)
        if self._moves_now():
            variable.assign(largest)
            largest = torch.zeros_like(largest)
        largest_yet.assign(largest)

    def _moves_now(self) -> bool:
        """Whether this step moves the weights, or only adds up gradients."""
        steps = self.gradient_accumulation_steps
        return not steps or (self._iteration.read() + 1) % steps == 0

    def _apply_or_accumulate(self, grads, variables):
        if self.gradient_accumulation_steps:
            sums = [self._accumulated_gradients[self._get_variable_index(variable)] for variable in variables]
            if self._moves_now():
                self._clip_and_move(averaging.mean_with_sums(sums, grads, self.gradient_accumulation_steps), variables)
                averaging.clear_sums(self._accumulated_gradients)
            else:
                averaging.add_to_sums(sums, grads)
        else:
            self._clip_and_move(grads, variables)
        if self.use_ema:
            self._average()

    def _clip_and_move(self, grads, variables):
        grads = self._clip_gradients(grads, variables) if sharding.in_use() else self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        self._move_all(grads, variables)

    def _average(self):
        averages, variables = self._model_variables_moving_average, self._trainable_variables
        updates = self._updates()
        averaging.update_averages(averages, variables, self.ema_momentum if updates else 0.0)
        if self.ema_overwrite_frequency and (updates + 1) % self.ema_overwrite_frequency == 0:
            averaging.overwrite_with_averages(averages, variables)

    def finalize_variable_values(self, var_list) -> None:
        """At the end of training, put the running means into the model's variables, where `use_ema` keeps them."""
        if self.use_ema:
            averaging.overwrite_with_averages(self._model_variables_moving_average, list(var_list))

    def _clip_gradients(self, grads, variables=()) -> list:
        for limit, clip in (
            (self.clipnorm, clipping.clip_by_norm),
            (self.global_clipnorm, clipping.clip_by_global_norm),
            (self.clipvalue, clipping.clip_by_value),
        ):
            if limit and limit > 0:
                return clip([convert_to_tensor(gradient) for gradient in grads], limit, variables)
        return grads

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """What `apply` would do, as new values: (trainable_variables, optimizer_variables); nothing is changed.

        Args:
            optimizer_variables: values of `variables`, in their order.
            grads: one gradient per trainable variable.
            trainable_variables: values of the variables that the optimizer was built with.

        Raises:
            ArgumentError: the optimizer is not built, or another number of values.
        """
        self._check_super_called()
        self._check_stateless(optimizer_variables, trainable_variables)
        own = self.variables
        mapping = [
            *zip(self._trainable_variables, trainable_variables, strict=True),
            *zip(own, optimizer_variables, strict=True),
        ]
        with StatelessScope(state_mapping=mapping) as scope:
            self.apply(grads)
        return [scope.get_current_value(one) for one in self._trainable_variables], [
            scope.get_current_value(one) for one in own
        ]

    def _check_stateless(self, optimizer_variables, trainable_variables):
        if not self.built:
            raise ArgumentError(
                "`stateless_apply` needs a built optimizer.",
                got="no variables yet",
                fix="optimizer.build(model.trainable_variables)",
            )
        for word, values, expected in (
            ("optimizer_variables", optimizer_variables, len(self.variables)),
            ("trainable_variables", trainable_variables, len(self._trainable_variables)),
        ):
            if len(values) != expected:
                raise ArgumentError(
                    f"`{word}` has one value per variable.", got=f"{len(values)} values", expected=expected
                )

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`, if there is one; `apply` divides the gradients by it."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def get_config(self) -> dict:
        """Arguments that make an equal optimizer, without its state."""
        rate = self._learning_rate
        rate = float(convert_to_numpy(rate)) if isinstance(rate, Variable) else serialize_keras_object(rate)
        config = {"name": self.name, "learning_rate": rate}
        return config | {name: getattr(self, name) for name in (*COMMON, *self.own_arguments)}

    @classmethod
    def from_config(cls, config: dict, custom_objects=None) -> Optimizer:
        """The optimizer that a config tells."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(config["learning_rate"], custom_objects=custom_objects)
        return cls(**config)


def _check_unknown(optimizer, kwargs):
    if kwargs.pop("decay", None) is not None:
        warnings.warn(
            "`decay` does nothing; a schedule such as InverseTimeDecay lowers the learning rate.", stacklevel=4
        )
    if kwargs:
        kind = type(optimizer)
        taken = [word for word in inspect.signature(kind).parameters if word != "kwargs"]
        close = nearest(next(iter(kwargs)), taken, most=1)
        raise ArgumentError(
            f"{kind.__name__} does not take {', '.join(map(repr, kwargs))}.",
            got=", ".join(f"{word}={value!r}" for word, value in kwargs.items()),
            expected=", ".join(taken),
            fix=f"{close[0]}=..." if close else f"{kind.__name__}(...) without it",
        )
