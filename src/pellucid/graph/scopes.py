"""What holds while a block runs: stateless values, autocast, symbolic inference, the device.

Above: variable.py reads these scopes on every access; layers/ and engine/ open them.
Kept true: one thread-local record, `here`; each scope restores what it found.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Any

import torch

from pellucid.distribution.processes import take_own_gpu
from pellucid.errors import ArgumentError, ShapeError


class _Here(threading.local):
    stateless: StatelessScope | None = None
    autocast: AutocastScope | None = None
    symbolic: bool = False
    unmade: UnmadeScope | None = None
    device: str | None = None


here = _Here()


class _Scope:
    """Takes a slot of `here` while open."""

    slot: str

    def __enter__(self):
        self._outer = getattr(here, self.slot)
        setattr(here, self.slot, self._entered())
        return self

    def _entered(self):
        return self

    def __exit__(self, *exception):
        setattr(here, self.slot, self._outer)


class StatelessScope(_Scope):
    """While open, weights read from and are assigned to a mapping, and are themselves left alone.

    Args:
        state_mapping: pairs (variable, value) to start from.
        collect_losses: whether `add_loss` collects into this scope.
        initialize_variables: whether weights made inside get their values when the scope closes.
    """

    slot = "stateless"

    def __init__(self, state_mapping=None, collect_losses: bool = False, initialize_variables: bool = True):
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list = []
        self.state_mapping: dict[int, Any] = {}
        self.pending: list = []
        for variable, value in state_mapping or ():
            if not hasattr(variable, "assign"):
                raise ArgumentError(
                    "`state_mapping` pairs weights with values.", got=repr(variable), expected="a Variable"
                )
            self.add_update((variable, value))
            if (given := self.state_mapping[id(variable)]).shape != variable.shape:
                raise ShapeError(
                    f"`state_mapping` has no value for the weight '{variable.path}'.",
                    got=tuple(given.shape),
                    expected=tuple(variable.shape),
                )

    def add_loss(self, loss) -> None:
        """Collect a loss."""
        self.losses.append(loss)

    def add_update(self, update) -> None:
        """Give a variable a value for as long as the scope is open."""
        variable, value = update
        read = getattr(value, "__pellucid_value__", None)
        if read is not None:
            value = read()
        value = torch.as_tensor(value, dtype=variable.torch_dtype)
        self.state_mapping[id(variable)] = value

    def get_current_value(self, variable):
        """The value that a variable has in this scope, or None."""
        return self.state_mapping.get(id(variable))

    def __exit__(self, *exception):
        super().__exit__(*exception)
        if here.stateless is not None:
            here.stateless.pending.extend(self.pending)
        elif self.initialize_variables and exception[0] is None:
            for variable in self.pending:
                variable.initialize()


class UnmadeScope(_Scope):
    """While open, weights made by an initializer get no values and no memory; `pending` lists them.

    Whoever opens it gives each a value afterwards: ``variable.begin_with(value)`` or ``variable.initialize()``.
    """

    slot = "unmade"

    def __init__(self):
        self.pending: list = []


def in_stateless_scope() -> bool:
    """Whether weights are kept apart at the moment."""
    return here.stateless is not None


def get_stateless_scope() -> StatelessScope | None:
    """The innermost open StatelessScope."""
    return here.stateless


class SymbolicScope(_Scope):
    """Open while shapes are inferred: no real values flow."""

    slot = "symbolic"

    def _entered(self):
        return True


def in_symbolic_scope() -> bool:
    """Whether shapes are being inferred at the moment."""
    return here.symbolic


class AutocastScope(_Scope):
    """While open, floating-point weights read as `dtype`; None reads them as they are."""

    slot = "autocast"

    def __init__(self, dtype: str | None):
        from pellucid.dtypes import is_float_dtype, standardize_dtype, to_torch

        if dtype is not None and not is_float_dtype(standardize_dtype(dtype)):
            raise ArgumentError(
                "Weights are cast to floating-point dtypes only.", got=dtype, expected='such as "bfloat16"'
            )
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.torch_dtype = None if dtype is None else to_torch(dtype)

    def maybe_cast(self, value):
        """`value` in the scope's dtype, where both are floating-point."""
        if self.torch_dtype is None or not value.is_floating_point():
            return value
        return value.to(self.torch_dtype)


def get_autocast_scope() -> AutocastScope | None:
    """The innermost open AutocastScope."""
    return here.autocast


def default_device() -> str:
    """Where values live unless said otherwise: ``PELLUCID_DEVICE``, else a GPU if there is one, else the CPU."""
    global _default_device
    if _default_device is None:
        _default_device = os.environ.get("PELLUCID_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
        if _default_device == "cuda":
            take_own_gpu()
    return _default_device


_default_device: str | None = None


def current_device() -> str:
    """Where new values are made at the moment."""
    return here.device or default_device()


@contextlib.contextmanager
def device(device_name: str):
    """While open, new values and weights are made on this device: ``"cpu"``, ``"gpu:0"``, ``"meta"``.

    Raises:
        ArgumentError: not a string, or no such device.
    """
    if not isinstance(device_name, str):
        raise ArgumentError(
            "A device is named by a string.", got=repr(device_name), expected='such as "cpu" or "gpu:0"'
        )
    try:
        known = torch.device(device_name.lower().replace("gpu", "cuda"))
    except RuntimeError:
        raise ArgumentError(
            "There is no such device.", got=repr(device_name), expected='such as "cpu" or "gpu:0"'
        ) from None
    outer, here.device = here.device, str(known)
    try:
        yield known
    finally:
        here.device = outer
