"""KerasTensor: a symbol for a value that is not there yet. It has a shape, a dtype, and a history.

Above: operation.py makes them; arithmetic on them looks up operations by name in registry.py.
Kept true: shape and dtype never change; None stands for a size that a run will tell.
"""

from __future__ import annotations

from typing import Any

from pellucid import registry
from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError, UnsupportedError
from pellucid.graph.arithmetic import give_arithmetic
from pellucid.graph.values import standardize_shape
from pellucid.naming import auto_name


class KerasTensor:
    """A symbolic tensor: what a layer takes and gives while a graph is built.

    Args:
        shape: sizes, batch first; None for an unknown one.
        dtype: its name.
        sparse, ragged: kept for Keras's files; PyTorch computes on dense values.
        record_history: whether operations on it are noted as graph nodes.
        name: a name; one is made up if None.
    """

    _keras_history: Any  # (operation, call, place); a node sets it when it is made

    def __init__(
        self,
        shape,
        dtype="float32",
        sparse=False,
        ragged=False,
        record_history=True,
        name=None,
        ragged_rank=None,
        row_splits_dtype=None,
    ):
        if sparse and ragged:
            raise ArgumentError("A tensor is sparse or ragged, not both.", got="sparse=True, ragged=True")
        self._facts = {
            "shape": standardize_shape(shape),
            "dtype": standardize_dtype(dtype),
            "sparse": bool(sparse),
            "ragged": bool(ragged),
            "ragged_rank": None if ragged_rank is None else int(ragged_rank),
            "row_splits_dtype": None if row_splits_dtype is None else standardize_dtype(row_splits_dtype),
        }
        self.name = name or auto_name("KerasTensor")
        self.record_history = record_history

    shape = property(lambda self: self._facts["shape"], doc="Sizes, batch first; None for an unknown one.")
    dtype = property(lambda self: self._facts["dtype"], doc="The dtype's name.")
    sparse = property(lambda self: self._facts["sparse"])
    ragged = property(lambda self: self._facts["ragged"])
    ragged_rank = property(lambda self: self._facts["ragged_rank"])
    row_splits_dtype = property(lambda self: self._facts["row_splits_dtype"])

    def __setattr__(self, name, value):
        if name in type(self).__dict__ and isinstance(type(self).__dict__[name], property):
            raise MissingAttributeError(
                f"The {name} of a symbolic tensor never changes.",
                got=repr(value),
                fix=f"KerasTensor(shape, {name}=...)",
            )
        object.__setattr__(self, name, value)

    @property
    def ndim(self) -> int:
        """Its number of axes."""
        return len(self.shape)

    @property
    def value(self):
        return self

    def reshape(self, *newshape):
        """The same values in another shape."""
        shape = newshape[0] if len(newshape) == 1 and isinstance(newshape[0], (list, tuple)) else newshape
        return registry.operator("reshape")(self, tuple(shape))

    def squeeze(self, axis=None):
        """Without its axes of size 1."""
        return registry.operator("squeeze")(self, axis)

    def __getitem__(self, key):
        return registry.operator("get_item")(self, key)

    def __round__(self, ndigits=None):
        return registry.operator("round")(self, decimals=ndigits or 0)

    def __repr__(self):
        kind = "".join(f", {word}=True" for word in ("sparse", "ragged") if self._facts[word])
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}{kind}, name={self.name}>"

    def __bool__(self):
        raise ArgumentTypeError(
            "A symbolic tensor is neither true nor false, so no `if` can ask it: its values come when the model runs.",
            got=repr(self),
            fix="ops.where(condition, x, y)",
        )

    def _without_values(self) -> dict:
        return {
            "message": "A symbolic tensor has no values yet, so Python, NumPy and PyTorch functions cannot take it.",
            "got": repr(self),
            "expected": "an array or a tensor",
            "fix": "the function of pellucid.ops, such as ops.sin(x), or a layer",
        }

    def _no_values(self, *_args, **_kwargs):
        raise ArgumentTypeError(**self._without_values())

    def __array__(self, *_args, **_kwargs):
        # Keras raises ValueError here, and TypeError where PyTorch or Python asks.
        raise ArgumentError(**self._without_values())

    def __iter__(self):
        raise UnsupportedError(
            "A symbolic tensor cannot be walked through in a `for`: its values come when the model runs.",
            got=repr(self),
            fix="ops.unstack(x, axis=1), or x[:, 0]",
        )

    def __setitem__(self, key, value):
        raise ArgumentTypeError(
            "Values cannot be set in a symbolic tensor.",
            got=f"x[{key!r}] = {value!r}",
            fix="ops.where(condition, x, y), or ops.slice_update(x, start, updates)",
        )

    __int__ = __float__ = __index__ = __len__ = _no_values
    __hash__ = object.__hash__

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        symbol = next(x for x in (*args, *(kwargs or {}).values()) if isinstance(x, KerasTensor))
        return symbol._no_values()


give_arithmetic(KerasTensor)
# As in Keras: `x in tensors` and `tensors.index(x)` ask for the very same tensor.
KerasTensor.__eq__ = object.__eq__  # type: ignore[method-assign]


def is_symbolic(x) -> bool:
    """Whether this is a symbolic tensor."""
    return isinstance(x, KerasTensor)


def any_symbolic(args: tuple, kwargs: dict) -> bool:
    """Whether a symbolic tensor is among arguments, at any depth."""
    for x in args:
        if isinstance(x, KerasTensor) or (type(x) in _CONTAINERS and _holds_symbol(x)):
            return True
    if kwargs:
        for x in kwargs.values():
            if isinstance(x, KerasTensor) or (type(x) in _CONTAINERS and _holds_symbol(x)):
                return True
    return False


_CONTAINERS = frozenset({list, tuple, dict})


def _holds_symbol(container) -> bool:
    items = container.values() if type(container) is dict else container
    return any(isinstance(x, KerasTensor) or (type(x) in _CONTAINERS and _holds_symbol(x)) for x in items)


def is_keras_tensor(x) -> bool:
    """Whether this is the output of a layer or of `Input`.

    Raises:
        ArgumentError: nothing symbolic at all.
    """
    return hasattr(x, "_keras_history")
