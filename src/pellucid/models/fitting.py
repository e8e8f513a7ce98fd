"""What a user gives a functional model, brought into the form of its inputs.

Above: functional.py, at each call. Lists for dicts and dicts for lists, a missing last axis of size 1, other dtypes.
"""

from __future__ import annotations

import warnings

import torch

from pellucid import nest
from pellucid.dtypes import standardize_dtype, to_torch
from pellucid.errors import ArgumentError, DtypeError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor


def fit_inputs(model, inputs) -> list:
    """One value for each input of a functional model, in its dtype and with its number of axes.

    Raises:
        ArgumentError: another structure, or None for an input that is not optional.
        ShapeError: another number of axes.
        DtypeError: complex numbers for a real input.
    """
    flat = [inputs] if isinstance(inputs, (torch.Tensor, KerasTensor)) else nest.flatten(_reordered(model, inputs))
    if len(flat) != len(model._inputs):
        raise _other_structure(model, inputs)
    return [_fit(x, symbol) for x, symbol in zip(flat, model._inputs, strict=True)]


def _reordered(model, inputs):
    wanted = model._inputs_struct
    if isinstance(inputs, dict) and not isinstance(wanted, dict):
        names = [x.name for x in nest.flatten(wanted)]
        if not set(names) <= set(inputs):
            raise _other_structure(model, inputs)
        return [inputs[name] for name in names]
    if isinstance(wanted, dict) and not isinstance(inputs, dict) and list(wanted) != sorted(wanted):
        raise _other_structure(model, inputs)  # in which order were they meant?
    if isinstance(wanted, dict) and isinstance(inputs, dict) and set(wanted) < set(inputs):
        warnings.warn(f"The model has no inputs named {sorted(set(inputs) - set(wanted))}.", stacklevel=4)
        return {key: inputs[key] for key in wanted}
    try:
        nest.assert_same_structure(nest.lists_to_tuples(wanted), nest.lists_to_tuples(inputs))
    except ValueError:
        single = [x for x in (wanted, inputs) if not nest.is_nested(x)]
        if not single:  # x for [x] is common, and clear
            warnings.warn(f"The inputs come as {_form(inputs)}; the model was made with {_form(wanted)}.", stacklevel=4)
    return inputs


def _fit(x, symbol: KerasTensor):
    if x is None:
        if not getattr(symbol._keras_history.operation, "optional", True):
            raise ArgumentError(
                f"The input '{symbol.name}' is not optional.",
                got="None",
                expected=f"values of shape {symbol.shape}",
                fix="Input(..., optional=True)",
            )
        return None
    if not isinstance(x, KerasTensor) and symbol.dtype != "string":
        mask = getattr(x, "_keras_mask", None)
        if not isinstance(x, torch.Tensor) or x.dtype is not to_torch(symbol.dtype):
            x = _cast(convert_to_tensor(x), symbol)
        if mask is not None:
            x._keras_mask = mask
    missing = len(symbol.shape) - len(x.shape)
    if missing == 0:
        return x
    if missing == 1 and symbol.shape[-1] == 1:
        return x.unsqueeze(-1) if isinstance(x, torch.Tensor) else x.reshape((*_free(x.shape), 1))
    if missing == -1 and x.shape[-1] == 1:
        return x.squeeze(-1)
    raise ShapeError(
        f"The input '{symbol.name}' has another number of axes.",
        got=tuple(x.shape),
        expected=symbol.shape,
        fix="x[None] adds the batch axis to a single sample" if missing == 1 else "reshape the input",
    )


def _cast(x: torch.Tensor, symbol: KerasTensor) -> torch.Tensor:
    wanted = to_torch(symbol.dtype)
    if x.is_complex() and not wanted.is_complex:
        raise DtypeError(
            f"The input '{symbol.name}' takes no complex numbers.",
            got=standardize_dtype(x.dtype),
            expected=symbol.dtype,
            fix=f'abs(x), or Input(..., dtype="{standardize_dtype(x.dtype)}")',
        )
    return x.to(wanted)


def _free(shape):
    return tuple(-1 if size is None else size for size in shape)


def _other_structure(model, inputs) -> ArgumentError:
    names = nest.map_structure(lambda x: x.name, model._inputs_struct)
    return ArgumentError(
        f"The model '{model.name}' takes other inputs.",
        got=_form(inputs),
        expected=repr(names),
        fix="give a list or dict of this form",
    )


def _form(structure) -> str:
    def told(x):
        return "None" if x is None else str(tuple(getattr(x, "shape", ())))

    return str(nest.map_structure(told, structure)).replace("'", "")
