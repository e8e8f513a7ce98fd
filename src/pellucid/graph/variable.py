"""Variable: a weight. A named tensor that a layer, optimizer or metric owns and changes in place.

Below:  scopes.py may put another value in its place, or cast it, while a block runs.
Above:  layers/base.py makes and tracks them; PyTorch functions take them as if they were tensors.
Kept true: the tensor's memory stays the same from first value to last, so views and programs
           that hold it always see the current weight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pellucid import registry
from pellucid.distribution.sharding import Sharding, sharding_for
from pellucid.dtypes import is_float_dtype, standardize_dtype, to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError, StateError, UnknownNameError
from pellucid.graph.arithmetic import give_arithmetic
from pellucid.graph.edits import edits
from pellucid.graph.scopes import current_device, here
from pellucid.graph.values import convert_to_numpy, convert_to_tensor, standardize_shape
from pellucid.naming import auto_name, current_path

AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")


class Variable:
    """A tensor with a name, which can be assigned and, if trainable, gets gradients.

    Args:
        initializer: the first value: an array, or a callable ``(shape, dtype) -> array``.
        shape: needed with a callable; every size known.
        dtype: its name; None takes the array's own, or floatx.
        trainable: whether gradients are computed for it.
        autocast: whether it reads as a layer's compute dtype while that layer runs.
        aggregation: how copies on several devices become one.
        name: without slashes; the path puts the open scopes before it.
        layout: a TensorLayout; in a job of several processes, each holds its part only.

    Raises:
        ArgumentError: a callable without a shape, an unknown size, a name with a slash.

    Source: keras.Variable, Keras 3.15.
    """

    _value: Any  # a tensor; None until an initializer that was put off has run
    sharding: Sharding | None = None  # how `_value` is a part of the whole

    def __init__(
        self,
        initializer,
        shape=None,
        dtype=None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout=None,
        **ignored,
    ):
        name = name or auto_name("Variable")
        if not isinstance(name, str) or "/" in name:
            raise ArgumentError(
                "A weight's name is a string without slashes.", got=repr(name), expected='such as "kernel"'
            )
        if aggregation not in AGGREGATIONS:
            raise ArgumentError(
                "Unknown `aggregation`.", got=repr(aggregation), expected=", ".join(map(repr, AGGREGATIONS))
            )
        parent = current_path()
        self.name = name
        self.path = f"{parent}/{name}" if parent else name
        self.aggregation = aggregation or "none"
        self.synchronization = synchronization or "none"
        self._layout = layout
        self._trainable = self.made_trainable = bool(trainable)
        self._autocast = bool(autocast)
        self._regularizer = self._constraint = None
        self._overwrite_with_gradient = False
        self._initializer: Any = None
        self._value = None
        if isinstance(initializer, str):
            initializer = _initializer_named(initializer)
        if initializer is None:
            raise ArgumentError(
                "A weight begins with values, or with an initializer.", got="None", fix="Variable([1.0])"
            )
        if callable(initializer):
            self._begin_with_initializer(initializer, shape, dtype)
        else:
            self._begin_with_value(initializer, dtype)

    def _begin_with_initializer(self, initializer, shape, dtype):
        if shape is None:
            raise ArgumentError(
                "A weight made by an initializer needs a shape.",
                got="shape=None",
                fix="Variable(initializer, shape=(2, 3))",
            )
        self.shape = standardize_shape(shape)
        if None in self.shape:
            raise ShapeError(
                f"The weight '{self.path}' needs every size.",
                got=self.shape,
                expected="a shape without None",
                fix="give the input's size, such as Input(shape=(28, 28, 1))",
            )
        self._set_dtype(dtype)
        self._initializer = initializer
        if here.stateless is not None:
            here.stateless.pending.append(self)
        elif here.unmade is not None:
            here.unmade.pending.append(self)
        else:
            self.initialize()

    def _begin_with_value(self, value, dtype):
        if here.stateless is not None:
            raise ArgumentError(
                "A weight with a given value cannot be made while a model runs without state.",
                got=self.path,
                fix='in build(): self.add_weight(shape=..., initializer="zeros")',
            )
        if isinstance(value, torch.nn.Parameter) and dtype is None:
            tensor = value
        else:
            tensor = convert_to_tensor(value, dtype=dtype).detach().clone()
        self.shape = tuple(tensor.shape)
        self._set_dtype(tensor.dtype)
        self._own(tensor)

    def _set_dtype(self, dtype):
        self._dtype = standardize_dtype(dtype)
        self.torch_dtype = to_torch(self._dtype)

    def _own(self, tensor):
        self.sharding = sharding_for(self)
        self._value = tensor if self.sharding is None else self.sharding.first_part_of(tensor)
        self._set_requires_grad()

    def _set_requires_grad(self):
        if self._value is not None:
            differentiable = self._value.is_floating_point() or self._value.is_complex()
            self._value.requires_grad_(self._trainable and differentiable)

    def initialize(self) -> None:
        """Compute the first value, where it was put off.

        Raises:
            StateError: it has one.
        """
        if self._value is not None:
            raise StateError(f"The weight '{self.path}' has its first value already.", got="initialize() called again")
        with torch.no_grad():
            value = convert_to_tensor(self._initializer(self.shape, dtype=self._dtype), dtype=self._dtype)
            self._own(value.detach().to(current_device()).clone().contiguous())
        self._initializer = None

    def begin_with(self, value, keep: bool = False) -> None:
        """Take a first value of the right shape, where the initializer was put off.

        Args:
            keep: whether a tensor may be taken as it is, for nobody else holds it; it is copied otherwise.

        Raises:
            StateError: it has one.
        """
        if self._value is not None:
            raise StateError(f"The weight '{self.path}' has its first value already.", got="begin_with(...)")
        value = convert_to_tensor(value, dtype=self._dtype).detach()
        if not keep or tuple(value.shape) != self.shape or value.device.type != torch.device(current_device()).type:
            value = torch.empty(self.shape, dtype=self.torch_dtype, device=current_device()).copy_(value)
        self._own(value)
        self._initializer = None

    @property
    def value(self) -> torch.Tensor:
        """The tensor, as the open scopes want it read."""
        value = self._value
        if here.stateless is not None:
            value = here.stateless.state_mapping.get(id(self), value)
        if self.sharding is not None and value is self._value:
            value = None if here.device == "meta" else self.sharding.whole(value)
        if value is None:
            on_meta = here.device == "meta" or here.unmade is not None
            value = torch.empty(self.shape, dtype=self.torch_dtype, device="meta" if on_meta else None)
        if here.autocast is not None and self._autocast:
            value = here.autocast.maybe_cast(value)
        if here.device == "meta" and value.device.type != "meta":
            value = value.to("meta")
        return value

    @property
    def part(self) -> torch.Tensor:
        """What this process holds of the value: all of it, unless the weight is held in parts."""
        return self.value if self.sharding is None else self._value

    __pellucid_value__ = value.fget  # type: ignore[attr-defined]  # a property has one

    def assign(self, value):
        """Take over the values of an array of the same shape; gives back the tensor.

        Raises:
            ShapeError: another shape.
        """
        value = convert_to_tensor(value, dtype=self._dtype)
        if tuple(value.shape) != self.shape:
            raise ShapeError(
                f"The weight '{self.path}' cannot take these values.",
                got=tuple(value.shape),
                expected=self.shape,
                fix=f"variable.assign(value) with a value of shape {self.shape}",
            )
        if here.stateless is not None:
            here.stateless.add_update((self, value))
        else:
            edits.weights += 1
            with torch.no_grad():
                self._value.copy_(value if self.sharding is None else self.sharding.part_of(value))
        return value

    def assign_add(self, value):
        """Add to the value in place."""
        return self.assign(self.value + convert_to_tensor(value, dtype=self._dtype))

    def assign_sub(self, value):
        """Subtract from the value in place."""
        return self.assign(self.value - convert_to_tensor(value, dtype=self._dtype))

    def numpy(self) -> np.ndarray:
        """A copy of the values."""
        return convert_to_numpy(self.value).copy()

    @property
    def dtype(self) -> str:
        """The dtype that the value reads as."""
        scope = here.autocast
        if scope is not None and self._autocast and scope.dtype and is_float_dtype(self._dtype):
            return scope.dtype
        return self._dtype

    @property
    def ndim(self) -> int:
        """Its number of axes."""
        return len(self.shape)

    @property
    def trainable(self) -> bool:
        """Whether gradients are computed for it; may be set."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        self._set_requires_grad()

    @property
    def regularizer(self):
        """A callable that gives a penalty for its values, or None."""
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value):
        self._regularizer = _callable_or_none("regularizer", value)

    @property
    def constraint(self):
        """A callable applied to its values after each update, or None."""
        return self._constraint

    @constraint.setter
    def constraint(self, value):
        self._constraint = _callable_or_none("constraint", value)

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether an optimizer puts the gradient in its place instead of stepping along it."""
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value):
        if not isinstance(value, bool):
            raise ArgumentTypeError("`overwrite_with_gradient` is True or False.", got=repr(value))
        self._overwrite_with_gradient = value

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        def read(x):
            if isinstance(x, Variable):
                return x.value
            if isinstance(x, (list, tuple)):
                return type(x)(read(item) for item in x)
            return x

        return func(*map(read, args), **{key: read(value) for key, value in (kwargs or {}).items()})

    def __array__(self, dtype=None, copy=None):
        array = convert_to_numpy(self.value)
        return array if dtype is None else array.astype(dtype)

    def __repr__(self):
        values = "" if self._value is None else f", value={convert_to_numpy(self._value)}"
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}{values}>"

    def __getitem__(self, index):
        return self.value.__getitem__(index)

    def __len__(self):
        return len(self.value)

    def __int__(self):
        return int(self._number())

    def __float__(self):
        return float(self._number())

    def __index__(self):
        return int(self._number())

    def _number(self) -> torch.Tensor:
        if self.ndim:
            raise ArgumentTypeError("A weight with axes is no number.", got=f"shape {self.shape}", expected="shape ()")
        return self.value

    def __bool__(self):
        raise ArgumentTypeError("A weight is neither true nor false.", got=self.path, fix="bool(variable.value)")

    def __round__(self, ndigits=None):
        return torch.round(self.value, decimals=ndigits or 0)

    __hash__ = object.__hash__


def _callable_or_none(word, value):
    if value is not None and not callable(value):
        raise ArgumentError(f"A `{word}` is a callable or None.", got=repr(value))
    return value


give_arithmetic(Variable)


def _initializer_named(name: str):
    made = registry.builtin("keras.initializers", name)
    if made is None:
        raise UnknownNameError(
            f"There is no initializer {name!r}.",
            got=repr(name),
            expected="values, or the name of an initializer",
            fix='"zeros"',
        )
    return made()
