"""Owner: the half of a layer that owns things. Weights, sub-layers, seeds, and their order.

Below:  tracking.py finds what the attributes hold; graph/variable.py is a weight.
Above:  layers/base.py adds building and calling.
Kept true: own weights come before those of sub-layers, trainable before others, as in Keras's files.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from pellucid import constraints, initializers, naming, regularizers
from pellucid.dtypes import is_float_dtype, standardize_dtype
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    OrderError,
    ShapeError,
    StateError,
    UnsupportedError,
    product,
)
from pellucid.graph.edits import NOTES, edits
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.layers import tracking
from pellucid.metrics.base import Metric
from pellucid.random.seed import SeedGenerator


class Owner:
    """Something with weights and sub-layers."""

    def add_weight(
        self,
        shape=None,
        initializer=None,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        aggregation="none",
        overwrite_with_gradient=False,
        name=None,
    ) -> Variable:
        """Make a weight of this layer.

        Args:
            shape: every size known; () if None.
            initializer: how it begins; glorot_uniform for floating-point, zeros for others if None.
            dtype: the layer's variable dtype if None.
            trainable: whether it gets gradients.
            autocast: whether it reads as the compute dtype inside `call`.
            regularizer, constraint: a penalty on it; what is done to it after each update.
            name: as it stands in the weight's path.
        """
        if not hasattr(self, "_locked"):
            raise StateError(
                f"{type(self).__name__} was not set up: its `__init__` does not call its parent's.",
                fix="super().__init__(**kwargs)  # first line of __init__",
            )
        if isinstance(shape, str):
            raise ArgumentError(
                "The first argument of `add_weight` is the shape.",
                got=repr(shape),
                expected="such as (3, 4)",
                fix=f"add_weight(shape=..., name={shape!r})",
            )
        dtype = self.variable_dtype if dtype is None else standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if is_float_dtype(dtype) else "zeros"
        with self._open_name_scope():
            variable = Variable(
                initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self.__dict__.setdefault("_made_weights", []).append(variable)
        if not self.trainable:
            variable.trainable = False
        return variable

    def add_variable(
        self,
        shape,
        initializer,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        name=None,
    ) -> Variable:
        """Make a weight; another name for `add_weight`."""
        return self.add_weight(shape, initializer, dtype, trainable, autocast, regularizer, constraint, name=name)

    def _open_name_scope(self):
        if self._parent_path is None:
            self._parent_path = naming.current_path()
        return naming.name_scope(self.name, caller=self, override_parent=self._parent_path)

    @property
    def path(self) -> str | None:
        """Its name behind those of the layers around it; None before it is built."""
        return self._path

    # ---- what it owns

    def __setattr__(self, name, value):
        if isinstance(value, torch.nn.Module):
            value = self._wrapped(value)
        if self.__dict__.get("_locked") and tracking.holds(value, (Variable, Owner, SeedGenerator)):
            if not _was_held(self.__dict__.get(name), value) and not isinstance(value, Metric):
                raise OrderError(
                    f"Layer '{self.name}' is built, so '{name}' comes too late: weights and sub-layers are set before that.",
                    got=f"self.{name} = {type(value).__name__}",
                    fix="set it in __init__ or build",
                )
        if name not in NOTES and self.__dict__.get(name) is not value:
            edits.attributes += 1
        object.__setattr__(self, name, value)

    def _wrapped(self, module):
        """A module of PyTorch as a layer, so that its parameters are weights."""
        from pellucid.layers.torch_module import TorchModuleWrapper  # which is a layer itself

        return module if isinstance(self, TorchModuleWrapper) else TorchModuleWrapper(module)

    def __delattr__(self, name):
        value = self.__dict__.get(name)
        object.__delattr__(self, name)
        if isinstance(value, Variable):
            made = self.__dict__.get("_made_weights", [])
            made[:] = [v for v in made if v is not value]

    @property
    def _layers(self) -> list:
        """Sub-layers, in the order they were set."""
        return tracking.held(self, (Owner,))

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list:
        """This layer and all below it, each once, outer before inner."""
        found = {id(self): self} if include_self else {}
        stack = list(reversed(self._layers))
        while stack:
            layer = stack.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                if recursive:
                    stack.extend(reversed(layer._layers))
        return list(found.values())

    @property
    def _seed_generators(self) -> list[SeedGenerator]:
        """The sources of its own random draws."""
        return tracking.held(self, (SeedGenerator,))

    def _own_weights(self) -> list[Variable]:
        """Weights of this very layer: those made trainable first, each group in the order of making."""
        own = [v for v in tracking.held(self, (Variable,)) if not getattr(v, "is_seed", False)]
        return sorted(own, key=lambda v: not v.made_trainable)

    @property
    def weights(self) -> list[Variable]:
        """All weights, own ones first, then those of each sub-layer."""
        return _each_once(self._own_weights(), (layer.weights for layer in self._layers))

    @property
    def variables(self) -> list[Variable]:
        """All weights, and the states of random seeds."""
        seeds = [generator.state for generator in self._seed_generators]
        return _each_once(self._own_weights() + seeds, (layer.variables for layer in self._layers))

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training leaves alone, seeds included."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def trainable(self) -> bool:
        """Whether training changes its weights; setting it sets all sub-layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        value = bool(value)
        self._trainable = value
        for v in self._own_weights():
            if v.made_trainable:
                v.trainable = value
        for layer in self._layers:
            layer.trainable = value

    @property
    def metrics(self) -> list:
        """The metrics that it and its sub-layers hold."""
        return self._own_metrics() + [metric for layer in self._layers for metric in layer.metrics]

    def _own_metrics(self) -> list:
        return tracking.held(self, (Metric,))

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of its metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    # ---- values of weights

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, in the order of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights) -> None:
        """Take over values for all weights; nothing is changed unless all fit.

        Raises:
            ArgumentError: another number of arrays.
            ShapeError: an array of another shape.
        """
        own = self.weights
        if not hasattr(weights, "__len__"):
            raise ArgumentTypeError(
                "Weights come as a list of arrays.", got=repr(weights)[:80], fix="set_weights([kernel, bias])"
            )
        if len(own) != len(weights):
            raise ArgumentError(
                f"Layer '{self.name}' has another number of weights.",
                got=f"{len(weights)} arrays",
                expected=f"{len(own)}" + "".join(f", {v.name} {v.shape}" for v in own),
                fix="arrays in the order of get_weights()" if self.built else f"{self.name}.build(input_shape) before",
            )
        arrays = [value if hasattr(value, "shape") else np.asarray(value) for value in weights]
        for value in arrays:
            if getattr(value.dtype, "kind", None) in ("O", "S", "U"):
                convert_to_tensor(value)  # says what is wrong with it
        for v, value in zip(own, arrays, strict=True):
            if tuple(value.shape) != v.shape:
                raise ShapeError(
                    f"The weight '{v.path}' cannot take these values.",
                    got=f"{product(value.shape)}, shape {tuple(value.shape)}",
                    expected=f"{product(v.shape)}, shape {v.shape}",
                )
        for v, value in zip(own, arrays, strict=True):
            v.assign(value)

    def count_params(self) -> int:
        """The number of numbers in its weights.

        Raises:
            OrderError: it has no weights yet.
        """
        if not self.built:
            raise OrderError(
                f"Layer '{self.name}' ({type(self).__name__}) has no weights yet, so they cannot be counted.",
                fix=f"{self.name}.build(input_shape)",
            )
        return sum(math.prod(v.shape) for v in self.weights)

    def save_own_variables(self, store) -> None:
        """Put its own weights into a mapping, under "0", "1", and so on."""
        for k, v in enumerate(self._own_weights()):
            store[str(k)] = v

    def load_own_variables(self, store) -> None:
        """Take its own weights from a mapping with the keys of `save_own_variables`.

        Raises:
            ArgumentError: another number of weights.
        """
        own = self._own_weights()
        if len(store.keys()) != len(own):
            raise ArgumentError(
                f"Layer '{self.name}' has another number of weights"
                + ("." if self.built else ", for it is not built yet."),
                got=len(store.keys()),
                expected=f"{len(own)}: {[v.name for v in own]}",
                fix="build() must make all weights, those of sub-layers too",
            )
        for k, v in enumerate(own):
            v.assign(store[str(k)])

    def add_metric(self, *args, **kwargs):
        """Not in Keras 3: metrics are given to `compile`, or made in `__init__` and updated in `call`."""
        raise UnsupportedError("`add_metric` is gone since Keras 3.", fix="compile(metrics=[...])")


def _was_held(before, value) -> bool:
    """Whether an attribute is only set to what it held already."""
    return before is value


def _each_once(own: list, others) -> list:
    found = {id(v): v for v in own}
    for group in others:
        for v in group:
            found.setdefault(id(v), v)
    return list(found.values())
