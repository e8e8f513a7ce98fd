"""Logs: the numbers of a batch or an epoch, on the device until somebody looks.

Above: the loops of train.py hand these to callbacks.
Kept true: reading all numbers waits for the device once, not once per number.
"""

from __future__ import annotations

from collections.abc import Callable

import torch


class BatchLogs:
    """The metrics as they stand after a step, computed when somebody reads them.

    Args:
        compute: gives a dict of names and tensors.
    """

    def __init__(self, compute: Callable[[], dict]):
        self._compute = compute

    def read(self) -> dict:
        """Names and tensors, as of now."""
        return self._compute()


def as_dict(logs) -> dict:
    """Logs as a dict of names and values, still on the device."""
    return logs.read() if isinstance(logs, BatchLogs) else logs or {}


def as_numbers(logs) -> dict:
    """Logs as a dict of Python numbers, sorted by name; nested dicts are laid flat, other values stay."""
    flat: dict = {}
    _lay_flat(as_dict(logs), flat)
    scalars = {
        name: value
        for name, value in flat.items()
        if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex() and not value.is_meta
    }
    if scalars:
        # One stack, one wait for the device; float64 holds every float32 and int32 exactly.
        device = next(iter(scalars.values())).device
        stacked = torch.stack([value.detach().reshape(()).to(device).double() for value in scalars.values()])
        flat.update(zip(scalars, stacked.tolist(), strict=True))
    return {name: _number(value) for name, value in flat.items()}


def _lay_flat(logs: dict, flat: dict) -> None:
    for name in sorted(logs):
        if isinstance(logs[name], dict):
            _lay_flat(logs[name], flat)
        else:
            flat[name] = logs[name]


def _number(value):
    if isinstance(value, float):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
