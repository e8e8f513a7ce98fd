"""Leaves of data: one array, frame or tensor on its way to a tensor on the right device.

Below:  graph/values.py converts single values.
Above:  arrays.py does this once for a whole data set, streams.py for each batch.
Kept true: floats become floatx, ints and bools keep their dtype, strings stay NumPy arrays.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch

from pellucid import nest
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentTypeError, ContentError, DataError
from pellucid.graph.scopes import current_device
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor

# PyTorch stores these, but cannot compute with them.
_WIDENED = {np.dtype("uint16"): np.int32, np.dtype("uint32"): np.int64}


def is_array(x) -> bool:
    """Whether this is one array of data: a tensor, array, frame, sparse matrix, or anything with `__array__`."""
    return x is None or isinstance(x, (torch.Tensor, np.ndarray)) or hasattr(x, "__array__") or is_sparse(x)


def is_sparse(x) -> bool:
    """Whether this is one of SciPy's sparse matrices."""
    return type(x).__module__.startswith("scipy.sparse") and hasattr(x, "tocsr")


def is_pandas(x) -> bool:
    """Whether this is a pandas frame or column."""
    return type(x).__module__.partition(".")[0] == "pandas" and hasattr(x, "iloc")


def as_array(x) -> np.ndarray | torch.Tensor:
    """The values of one leaf, not copied where that can be helped.

    A column of pandas becomes ``(rows, 1)``, as in Keras.
    """
    if isinstance(x, torch.Tensor):
        return x.detach()
    value = getattr(x, "__pellucid_value__", None)
    if value is not None:
        return value().detach()
    if is_sparse(x):
        return x.toarray()
    if is_pandas(x):
        array = x.to_numpy()
        return array[:, None] if array.ndim == 1 else array
    return np.asarray(x)


def as_tensor(array) -> torch.Tensor | np.ndarray:
    """A tensor that shares the array's memory where it can; strings are given back as they are.

    Raises:
        ContentError: an array of Python objects that are no strings.
    """
    if isinstance(array, torch.Tensor):
        return array
    if array.dtype.kind in "OSUT":
        return _strings(array)
    if array.dtype in _WIDENED:
        array = array.astype(_WIDENED[array.dtype])
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.uint16).view(np.int16)).view(torch.bfloat16)
    if not array.dtype.isnative or any(stride < 0 for stride in array.strides):
        array = np.array(array, dtype=array.dtype.newbyteorder("="))
    try:
        with warnings.catch_warnings():
            # PyTorch warns of memory that is read-only; nothing here writes to a user's data.
            warnings.simplefilter("ignore", UserWarning)
            return torch.from_numpy(array)
    except TypeError:
        raise ContentError(
            "An array of this kind cannot become a tensor.",
            got=f"{array.dtype}, shape {array.shape}",
            expected="numbers, bools, or strings",
            fix='x.astype("int64")' if array.dtype.kind in "mM" else 'x.astype("float32")',
        ) from None


def _strings(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "O" or all(isinstance(item, (str, bytes)) for item in array.flat):
        return array
    kinds = sorted({type(item).__name__ for item in array.flat})
    raise ContentError(
        "An array of Python objects cannot become a tensor.",
        got=f"objects of kind {', '.join(kinds)}, shape {array.shape}",
        expected="numbers, bools, or strings",
        fix='x = np.asarray(x, dtype="float32"), or frame.astype("float32") for pandas',
    )


def with_floatx(x):
    """The tensor, in floatx if it is floating-point."""
    if isinstance(x, torch.Tensor) and x.is_floating_point():
        return x.to(to_torch(None))
    return x


def to_device(structure):
    """A batch as a user gives it, with every leaf a tensor on the current device."""
    return nest.map_structure(_leaf_to_device, structure)


def _leaf_to_device(x):
    if x is None or isinstance(x, (str, bytes)):
        return x
    x = with_floatx(as_tensor(as_array(x))) if is_array(x) else convert_to_tensor(x)
    if not isinstance(x, torch.Tensor):
        return x
    return x.to(current_device(), non_blocking=True)


def length(x) -> int:
    """The number of samples of one leaf.

    Raises:
        DataError: a single number, which has no samples.
    """
    shape = getattr(x, "shape", None)
    shape = np.shape(x) if shape is None else shape
    if len(shape) == 0:
        raise DataError("Data has samples along its first axis.", got="a single number", fix="x = np.array([x])")
    return int(shape[0])


def refuse_symbols(structure) -> None:
    """Symbolic tensors, which hold no values to train with.

    Raises:
        ArgumentTypeError: there is one.
    """
    for x in nest.leaves(structure):
        if isinstance(x, KerasTensor):
            raise ArgumentTypeError(
                "A symbolic tensor has no values to learn from or to predict with.",
                got=repr(x),
                expected="an array or a tensor",
                fix="model.predict(np.array(...)); Model(inputs, outputs) for what lies between two symbols",
            )


def refuse_lists(name: str, structure) -> None:
    """Python lists of numbers, which would be one array per number.

    Raises:
        DataError: there is a number or string where an array is expected.
    """
    for x in nest.leaves(structure):
        if isinstance(x, (bool, int, float, str)):
            kind = (
                f"{type(structure).__name__} of {type(x).__name__}s" if nest.is_nested(structure) else type(x).__name__
            )
            raise DataError(
                f"`{name}` is a Python {kind}.",
                got=f"{repr(structure)[:60]}{'...' if len(repr(structure)) > 60 else ''}",
                expected="an array, or a list of arrays (one per input)",
                fix=_as_array_fix(name, structure),
            )


def _as_array_fix(name: str, given) -> str:
    if isinstance(given, str):
        return f"{name} = np.load({given!r}), or what else reads the file into an array"
    if not nest.is_nested(given):
        return f"{name} = np.array([{given!r}])"
    lengths = {len(row) for row in given if isinstance(row, (list, tuple))} if isinstance(given, (list, tuple)) else ()
    return f"{name} = np.array({name})" + (", after making all rows equally long" if len(lengths) > 1 else "")
