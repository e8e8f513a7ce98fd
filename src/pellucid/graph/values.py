"""Values: anything array-like becomes a PyTorch tensor here, and a tensor becomes NumPy again.

Below:  dtypes.py names the dtypes, scopes.py the device.
Kept true: a float array without a wished dtype keeps its own; the layer that takes it casts it.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid import nest
from pellucid.dtypes import result_type, standardize_dtype, to_torch
from pellucid.errors import ArgumentError, ContentError
from pellucid.graph.scopes import current_device, here

try:
    # NumPy knows "bfloat16" by name only once this is imported.
    import ml_dtypes
except ImportError:
    ml_dtypes = None  # type: ignore[assignment]


def is_tensor(x) -> bool:
    """Whether this is a PyTorch tensor."""
    return isinstance(x, torch.Tensor)


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None) -> torch.Tensor:
    """A tensor with these values, on the current device.

    Args:
        x: a tensor, Variable, NumPy array, number, pandas object, or nested lists of them.
        dtype: its name; None keeps an array's own, and gives floats `floatx` and ints int32.

    Raises:
        ContentError: nothing that has values.
        ArgumentError: lists of different lengths, or `sparse` or `ragged` asked for.
    """
    if sparse or ragged:
        raise ArgumentError(
            "PyTorch tensors are dense.", got="sparse=True" if sparse else "ragged=True", expected="None"
        )
    value = getattr(x, "__pellucid_value__", None)
    if value is not None:
        x = value()
    if isinstance(x, torch.Tensor):
        return _placed(x, dtype)
    wanted = None if dtype is None else to_torch(dtype)
    if isinstance(x, (bool, int, float, complex)):
        return torch.tensor(x, dtype=wanted or _scalar_dtype(x), device=current_device())
    if hasattr(x, "_keras_history") or type(x).__name__ == "KerasTensor":
        raise ArgumentError(
            "A symbolic tensor has no values yet.",
            got=repr(x),
            expected="an array or a tensor",
            fix="Model(inputs, outputs).predict(x)",
        )
    if isinstance(x, (list, tuple)) and any(_holds_value(item) for item in nest.leaves(x)):
        return _stacked(x, wanted)
    return _from_array(x, wanted)


def _placed(x: torch.Tensor, dtype) -> torch.Tensor:
    device = here.device
    if device is not None and x.device.type != torch.device(device).type:
        x = torch.empty_like(x, device=device) if x.is_meta else x.to(device)
    return x if dtype is None else x.to(to_torch(dtype))


def _scalar_dtype(x) -> torch.dtype:
    if isinstance(x, bool):
        return torch.bool
    if isinstance(x, int):
        return torch.int32 if -(2**31) <= x < 2**31 else torch.int64
    if isinstance(x, float):
        return to_torch(None)
    return torch.complex64


def _holds_value(item) -> bool:
    return isinstance(item, torch.Tensor) or hasattr(item, "__pellucid_value__")


def _stacked(x, wanted) -> torch.Tensor:
    if isinstance(x, (list, tuple)):
        parts = [_stacked(item, None) for item in x]
        common = to_torch(result_type(*(part.dtype for part in parts)))
        stacked = torch.stack([part.to(common) for part in parts])
    else:
        stacked = convert_to_tensor(x)
    return stacked if wanted is None else stacked.to(wanted)


def _from_array(x, wanted) -> torch.Tensor:
    is_list = isinstance(x, (list, tuple, range))
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ArgumentError(
            "The lists have different lengths.", got=str(error), expected="rows of one length"
        ) from error
    if array.dtype.kind in "OSU":
        raise ContentError(
            "This cannot become a tensor, as it holds something else than numbers.",
            got=" ".join(repr(x).split())[:80],
            expected="numbers or bools",
            fix='np.asarray(x, dtype="float32") for numbers; np.unique(x, return_inverse=True)[1] for names of classes',
        )
    if is_list and wanted is None:
        kinds = {type(item) for item in nest.leaves(list(x))} or {float}
        wanted = to_torch(result_type(*(_weak(kind) for kind in kinds)))
    if array.dtype.name == "bfloat16":
        array, wanted = array.astype(np.float32), wanted or torch.bfloat16
    if not array.dtype.isnative or any(stride < 0 for stride in array.strides):
        array = np.array(array, dtype=array.dtype.newbyteorder("="))
    if not array.flags.writeable:
        array = array.copy()  # PyTorch warns of memory that it could, but must not, write to
    tensor = torch.from_numpy(np.atleast_1d(array)).reshape(array.shape) if array.ndim == 0 else torch.from_numpy(array)
    return tensor.to(device=current_device(), dtype=wanted or tensor.dtype)


def _weak(kind: type):
    return kind if kind in (int, float, bool) else standardize_dtype(np.dtype(kind).name)


def convert_to_numpy(x) -> np.ndarray:
    """The values of a tensor, variable or structure of lists as a NumPy array; bfloat16 as ml_dtypes' if there, else float32."""
    value = getattr(x, "__pellucid_value__", None)
    if value is not None:
        x = value()
    if isinstance(x, torch.Tensor):
        x = x.detach()
        if x.device.type != "cpu":
            x = x.cpu()
        if x.dtype == torch.bfloat16:
            return _bfloat16(x.float().numpy())
        return x.resolve_conj().resolve_neg().numpy()
    if isinstance(x, (list, tuple)):
        return np.array([convert_to_numpy(item) for item in x])
    return np.array(x)


def _bfloat16(array: np.ndarray) -> np.ndarray:
    return array if ml_dtypes is None else array.astype(ml_dtypes.bfloat16)


def shape_of(x) -> tuple:
    """The shape of a value as a plain tuple; of lists, that of the array they make."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def standardize_shape(shape) -> tuple[int | None, ...]:
    """A shape as a tuple of ints and Nones.

    Raises:
        ArgumentError: no list of sizes, a negative size, or one that is no whole number.
    """
    if isinstance(shape, str) or not hasattr(shape, "__iter__"):
        raise ArgumentError(
            "A shape is a tuple of sizes.",
            got=repr(shape),
            expected="such as (28, 28, 1), None for a size that is not known",
            fix=f"shape=({shape},)" if isinstance(shape, int) else "shape=(28, 28, 1)",
        )
    sizes: list[int | None] = []
    for size in shape:
        if size is None:
            sizes.append(None)
            continue
        try:
            whole = int(size)
            if whole != size:
                raise ValueError
        except (TypeError, ValueError):
            raise ArgumentError("A size is a whole number or None.", got=repr(tuple(shape))) from None
        if whole < 0:
            raise ArgumentError("A size cannot be negative.", got=repr(tuple(shape)), expected="0 or more, or None")
        sizes.append(whole)
    return tuple(sizes)
