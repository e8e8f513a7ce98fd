"""MultiOptimizer and OptimizerMap: different optimizers for different variables."""

from __future__ import annotations

import re
from collections.abc import MutableMapping

import torch

from pellucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.gradients import of_whole_batch
from pellucid.optimizers.loss_scale_optimizer import LossScaleOptimizer


class OptimizerMap(MutableMapping):
    """Optimizers by the path of a variable, or by a regular expression that matches it all.

    Args:
        default_optimizer: for variables that nothing matches.
        optimizer_map: ``{path or pattern: optimizer}``.
    """

    def __init__(self, default_optimizer, optimizer_map=None):
        if not isinstance(default_optimizer, Optimizer):
            raise ArgumentTypeError(
                "The default is an optimizer.", got=repr(default_optimizer), expected="such as SGD()"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise ArgumentTypeError(
                "`optimizer_map` is a dict.", got=repr(optimizer_map), expected='{"encoder/.*": Adam()}'
            )
        self._default_optimizer = default_optimizer
        self._optimizer_map = optimizer_map or {}

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that nothing matches."""
        return self._default_optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        matching = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ArgumentError(f"Several optimizers are meant for '{key}'.", got=matching, expected="one match")
        return self._optimizer_map[matching[0]] if matching else self._default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer):
        if key in self._optimizer_map:
            raise ArgumentError(
                f"'{key}' has an optimizer.", got=self._optimizer_map[key], fix=f"del optimizer_map[{key!r}]"
            )
        if not isinstance(key, str):
            raise ArgumentError(
                "A key is a path, or a pattern of paths.", got=repr(key), expected='such as "encoder/.*"'
            )
        _check_plain(optimizer, key)
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key):
        del self._optimizer_map[key]

    def __len__(self):
        return len(self._optimizer_map)

    def __iter__(self):
        return iter(self._optimizer_map)

    def __call__(self, variable) -> Optimizer:
        return self[variable.path]

    def get_config(self) -> dict:
        """All optimizers as plain data."""
        return {
            "default_optimizer": serialize_keras_object(self._default_optimizer),
            "optimizer_map": serialize_keras_object(self._optimizer_map),
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects=None) -> OptimizerMap:
        """The map that a config tells."""
        names = ("default_optimizer", "optimizer_map")
        return cls(*(deserialize_keras_object(config[name], custom_objects=custom_objects) for name in names))


class MultiOptimizer(Optimizer):
    """Moves each variable by the optimizer that is meant for it; learning rates are those of `optimizers`.

    Args:
        optimizer_map: an OptimizerMap, or a callable ``(variable) -> optimizer``.
        loss_scale_factor: holds for all optimizers inside.
    """

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._inner_optimizers: list[Optimizer] = []
        mapped = list(optimizer_map.values()) if hasattr(optimizer_map, "values") else []
        for optimizer in [*mapped, getattr(optimizer_map, "default_optimizer", None)]:
            if optimizer is not None:
                self._take_in(optimizer)

    def _take_in(self, optimizer: Optimizer) -> int:
        """The place of an optimizer among the inner ones."""
        for index, known in enumerate(self._inner_optimizers):
            if known is optimizer:
                return index
        optimizer.loss_scale_factor = self.loss_scale_factor
        self._inner_optimizers.append(optimizer)
        return len(self._inner_optimizers) - 1

    def build(self, var_list):
        if self.built:
            return
        chosen = [self._optimizer_map(variable) for variable in var_list]
        for variable, optimizer in zip(var_list, chosen, strict=True):
            _check_plain(optimizer, variable.path)
        self._inner_indices = [self._take_in(optimizer) for optimizer in chosen]
        super().build(var_list)
        for optimizer, part in self._parts(var_list):
            optimizer.build(part)

    def _index_variables(self):
        super()._index_variables()
        inner = self.__dict__.get("_inner_indices", ())
        self._var_to_optimizer_idx = dict(zip(map(id, self._trainable_variables), inner, strict=False))

    def _parts(self, variables):
        """Each inner optimizer with its share of the variables, where it has one."""
        shares: list[list] = [[] for _ in self._inner_optimizers]
        for variable in variables:
            shares[self._var_to_optimizer_idx[id(variable)]].append(variable)
        return [(optimizer, share) for optimizer, share in zip(self._inner_optimizers, shares, strict=True) if share]

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers inside."""
        return self._inner_optimizers

    @property
    def variables(self):
        """Its own step counter and rate, then the variables of all optimizers inside."""
        return self._variables + [variable for inner in self._inner_optimizers for variable in inner.variables]

    @property
    def learning_rate(self):
        """There is none: each optimizer inside has its own."""
        raise _no_single_rate("read")

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        raise _no_single_rate("set")

    @property
    def loss_scale_factor(self):
        """The loss scale of all optimizers inside; may be set."""
        return self.__dict__.get("_loss_scale_factor")

    @loss_scale_factor.setter
    def loss_scale_factor(self, factor):
        self._loss_scale_factor = factor
        for optimizer in self.__dict__.get("_inner_optimizers", ()):
            optimizer.loss_scale_factor = factor

    @of_whole_batch
    @torch.no_grad()
    def apply(self, grads, trainable_variables=None):
        """Move each variable by its optimizer."""
        grads = list(grads)
        if not grads:
            return
        variables = self._known(grads, trainable_variables)
        gradients = dict(zip(map(id, variables), grads, strict=True))
        for optimizer, share in self._parts(variables):
            optimizer.apply([gradients[id(variable)] for variable in share], share)
        self._iteration.write(self._iteration.read() + 1)

    def finalize_variable_values(self, var_list):
        """What each optimizer inside does at the end of training."""
        for optimizer, share in self._parts(var_list):
            optimizer.finalize_variable_values(share)

    def get_config(self):
        """Arguments that make an equal optimizer, those inside as plain data."""
        return {
            "optimizer_map": serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that a config tells."""
        optimizer_map = deserialize_keras_object(config["optimizer_map"], custom_objects=custom_objects)
        return cls(**{**config, "optimizer_map": optimizer_map})


def _check_plain(optimizer, path):
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ArgumentError(
            f"'{path}' needs an optimizer of its own, not one that holds others.",
            got=repr(optimizer),
            expected="such as SGD()",
            fix="LossScaleOptimizer(MultiOptimizer(...))",
        )


def _no_single_rate(verb: str) -> MissingAttributeError:
    return MissingAttributeError(
        f"A MultiOptimizer has no learning rate that could be {verb}.",
        fix="for optimizer in multi_optimizer.optimizers: optimizer.learning_rate",
    )
