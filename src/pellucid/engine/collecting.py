"""Collecting: the outputs of all batches of a prediction, joined to one array each.

Above: loops.py's predict.
Kept true: outputs stay on the device until the end, or until they take much memory there.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid import nest
from pellucid.errors import DataError
from pellucid.graph.values import convert_to_numpy

# Below this, one copy at the end is faster; above, the device may need its memory for the model.
MOST_WAITING_BYTES = 2**28


class Collected:
    """Outputs of batches, in order."""

    def __init__(self):
        self._structure = None
        self._columns: list[list] = []
        self._waiting_bytes = 0

    @classmethod
    def of(cls, batches: list) -> Collected:
        """All these outputs at once."""
        collected = cls()
        for outputs in batches:
            collected.add(outputs)
        return collected

    def add(self, outputs) -> None:
        """Take the outputs of one more batch."""
        flat = nest.flatten(outputs)
        if not self._columns:
            self._structure, self._columns = outputs, [[] for _ in flat]
        for column, x in zip(self._columns, flat, strict=True):
            column.append(x)
            if isinstance(x, torch.Tensor) and x.device.type != "cpu":
                self._waiting_bytes += x.nbytes
        if self._waiting_bytes > MOST_WAITING_BYTES:
            self._columns = [
                [x.cpu() if isinstance(x, torch.Tensor) else x for x in column] for column in self._columns
            ]
            self._waiting_bytes = 0

    def joined(self):
        """Each output of all batches as one value, in the structure of a batch's outputs."""
        if not self._columns:
            raise DataError("There was no batch to predict from.", got="0 batches", expected="1 or more")
        return nest.pack_sequence_as(self._structure, [_joined(column) for column in self._columns])

    def arrays(self):
        """The same as NumPy arrays."""
        return nest.map_structure(convert_to_numpy, self.joined())


def _joined(column: list):
    if len(column) == 1:
        (only,) = column  # a view may be of the user's own data
        return only.clone() if isinstance(only, torch.Tensor) and only._is_view() else only
    if all(isinstance(x, torch.Tensor) for x in column):
        if any(x.device != column[0].device for x in column):
            column = [x.cpu() for x in column]
        if column[0].ndim:
            return torch.cat(column)
    return np.concatenate([np.atleast_1d(convert_to_numpy(x)) for x in column])
