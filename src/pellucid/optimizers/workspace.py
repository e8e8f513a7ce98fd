"""Workspace: the tensors that a step changes in place.

Below:  graph/scopes.py says whether weights are kept apart at the moment.
Above:  base.py and averaging.py take tensors from here, change them, and close it.
Kept true: weights keep their memory; a StatelessScope sees new values and the weights never do.
"""

from __future__ import annotations

import torch

from pellucid.graph.scopes import here
from pellucid.graph.variable import Variable


class Workspace:
    """While open, gives the tensors of variables to be changed in place.

    They are the variables' own, except inside a StatelessScope and where memory is not in row-major order
    (PyTorch's fused kernels walk it so): then they are copies, which are assigned on closing.

    Args:
        takes_wholes: whether variables that are held in parts are put together; else this process's part is changed.
    """

    def __init__(self, takes_wholes: bool = False):
        self._takes_wholes = takes_wholes
        self._copies: list[tuple[Variable, torch.Tensor]] = []

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *exception):
        for variable, copy in self._copies:
            variable.assign(copy)

    def tensors(self, variables) -> list:
        """One tensor per variable; None stays None."""
        return [None if variable is None else self.tensor(variable) for variable in variables]

    def tensor(self, variable: Variable) -> torch.Tensor:
        """The tensor of one variable."""
        if here.stateless is None and not (self._takes_wholes and variable.sharding is not None):
            own = variable._value
            if own.is_contiguous():
                return own
        copy = variable.value.clone(memory_format=torch.contiguous_format)
        self._copies.append((variable, copy))
        return copy
