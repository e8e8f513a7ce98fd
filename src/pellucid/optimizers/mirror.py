"""Mirror: a scalar weight and its number in Python, kept together.

Above: state.py counts steps with one, base.py reads the learning rate through one, so that a step on
       a GPU waits for no number.
Kept true: an assignment by anybody else is noticed, because PyTorch counts the writes to a tensor.
"""

from __future__ import annotations

from typing import Any

from pellucid.graph.scopes import here
from pellucid.graph.variable import Variable


class Mirror:
    """The number that a scalar variable holds, fetched from its device only after somebody else wrote there."""

    def __init__(self, variable: Variable):
        self.variable = variable
        self._tensor: Any = None
        self._writes: int | None = None
        self._number: Any = None

    def read(self) -> int | float:
        """The number, as the open StatelessScope, if any, has it."""
        if here.stateless is not None:
            return self.variable.value.item()
        tensor = self.variable._value
        if tensor is not self._tensor or tensor._version != self._writes:
            self._note(tensor, tensor.item())
        return self._number

    def write(self, number: int | float) -> None:
        """Set the variable; the number must be one that its dtype holds exactly."""
        if here.stateless is not None:
            self.variable.assign(number)
            return
        tensor = self.variable._value
        tensor.fill_(number)
        self._note(tensor, number)

    def _note(self, tensor, number):
        self._tensor, self._writes, self._number = tensor, tensor._version, number

    def __reduce__(self):
        # A copied tensor counts its writes from 0 again, so the noted count would mean nothing.
        return Mirror, (self.variable,)
