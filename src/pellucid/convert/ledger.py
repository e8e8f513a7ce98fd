"""The ledger of a conversion: what was moved, how, why, and what had to be left as a transpose.

Above:  relayout.py, torch/ and onnx/ write one; prove.py aligns values by it; report/ledger.py draws it.
Kept true: one Move for each weight, those that stay included; a Move holds all that is needed to move another
           tensor of that shape alike (an optimizer's slot, say), and to move it back.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, field, replace

import torch

from pellucid.errors import UnknownNameError, nearest
from pellucid.report import ledger as drawing
from pellucid.report.html import as_html
from pellucid.report.text import as_text

Orders = dict[int, tuple[int, ...]]
"""For an axis, which index of the old one stands at each index of the new one."""


@dataclass(frozen=True)
class Move:
    """What became of one weight.

    Attributes:
        weight: its path before, such as ``dense/kernel``.
        to: its path or name after.
        axes: the names of its axes before, and after ``->`` their order then: ``"in out -> out in"``; no ``->``
            where they stay.
        orders: for an axis (numbered as before), which index stands at each place after; axes that stay in order are
            left out.
        why: in words, such as ``rows follow the axes before Flatten: height width channels -> channels height width``.
        through: the layers between the cause and this weight.
        note: what else was done to its numbers, such as gates in another order.
    """

    weight: str
    to: str = ""
    axes: str = ""
    orders: Orders = field(default_factory=dict)
    why: str = "stays"
    through: tuple[str, ...] = ()
    note: str = ""

    @property
    def stays(self) -> bool:
        """Whether the weight is as it was, byte for byte."""
        return "->" not in self.axes and not self.orders and not self.note

    def apply(self, value: torch.Tensor) -> torch.Tensor:
        """A value of the weight's old shape, moved as the weight is."""
        for axis, order in self.orders.items():
            value = value.index_select(axis, torch.tensor(order, device=value.device))
        return value.permute(self._dims()) if "->" in self.axes else value

    def undo(self, value: torch.Tensor) -> torch.Tensor:
        """A value of the weight's new shape, moved back."""
        return self.inverse().apply(value)

    def inverse(self) -> Move:
        """The move back."""
        dims = self._dims() if "->" in self.axes else range(len(self.orders) and max(self.orders) + 1)
        orders = {list(dims).index(axis): _inverse(order) for axis, order in self.orders.items()}
        axes = " -> ".join(side.strip() for side in reversed(self.axes.split("->")))
        return replace(self, weight=self.to or self.weight, to=self.weight, axes=axes, orders=orders)

    def _dims(self) -> tuple[int, ...]:
        before, after = (side.split() for side in self.axes.split("->"))
        return tuple(before.index(axis) for axis in after)

    def to_dict(self) -> dict:
        """Plain data."""
        orders = {str(axis): list(order) for axis, order in self.orders.items()}
        said = {"weight": self.weight, "to": self.to or self.weight, "axes": self.axes, "orders": orders}
        return {**said, "why": self.why, "through": list(self.through), "note": self.note}


@dataclass(frozen=True)
class Left:
    """A transpose that stands in the converted network.

    Attributes:
        name: of the layer that does it.
        value: the layer whose output it moves.
        before: the layer that needs it; "" for an output of the model.
        dims: of the Permute, counted from 1.
        why: why it could not be folded away.
    """

    name: str
    value: str
    before: str
    dims: tuple[int, ...]
    why: str

    def to_dict(self) -> dict:
        """Plain data."""
        return {
            "name": self.name, "value": self.value, "before": self.before, "dims": list(self.dims), "why": self.why
        }  # fmt: skip


@dataclass(frozen=True)
class Arranged:
    """How a value lies after the conversion: axis k is the old axis ``dims[k]``, its indices in the order of `orders`.

    Axes are counted from 0 without the batch; `orders` are numbered by old axes.
    """

    dims: tuple[int, ...]
    orders: Orders = field(default_factory=dict)

    @property
    def stays(self) -> bool:
        return self.dims == tuple(range(len(self.dims))) and not self.orders

    def apply(self, value: torch.Tensor) -> torch.Tensor:
        """A value of the old network, with its batch axis, as it lies in the new one."""
        for axis, order in self.orders.items():
            value = value.index_select(axis + 1, torch.tensor(order, device=value.device))
        return value.permute(0, *(axis + 1 for axis in self.dims))

    def undo(self, value: torch.Tensor) -> torch.Tensor:
        """A value of the new network as it lies in the old one."""
        return self.inverse().apply(value)

    def inverse(self) -> Arranged:
        """The way back."""
        orders = {self.dims.index(axis): _inverse(order) for axis, order in self.orders.items()}
        return Arranged(_inverse(self.dims), orders)


@dataclass(frozen=True)
class Ledger:
    """All that a conversion did.

    Attributes:
        source, target: what it went from and to, such as ``channels_last`` and ``channels_first``.
        moves: one for each weight.
        left: transposes that stand in the new network and not in the old one, or do more than there.
        inputs, outputs: how each input and output of the model lies now.
        values: for the layers' outputs likewise, by path.
        notes: what else a reader should know.
    """

    source: str
    target: str
    moves: tuple[Move, ...] = ()
    left: tuple[Left, ...] = ()
    inputs: tuple[Arranged, ...] = ()
    outputs: tuple[Arranged, ...] = ()
    values: dict[str, Arranged] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __iter__(self):
        return iter(self.moves)

    def __len__(self) -> int:
        return len(self.moves)

    def __getitem__(self, weight: str | int) -> Move:
        """The move of a weight, by its path or its place in the list."""
        if isinstance(weight, int):
            return self.moves[weight]
        found = next((move for move in self.moves if weight in (move.weight, move.to)), None)
        if found is None:
            close = nearest(weight, [move.weight for move in self.moves], most=1)
            raise UnknownNameError(
                "The ledger has no such weight.",
                got=repr(weight),
                fix=f"ledger[{close[0]!r}]" if close else "list(ledger)",
            )
        return found

    def with_notes(self, *notes: str) -> Ledger:
        """The same ledger with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def parts(self) -> list:
        """What there is to draw."""
        return drawing.parts(self)

    def __str__(self) -> str:
        return as_text(self.parts(), width=100, is_unicode=False)

    def to_html(self, path=None) -> str:
        """A page of its own; written to a file where a path is given."""
        page = as_html(self.parts(), f"{self.source} to {self.target}")
        if path is not None:
            pathlib.Path(path).write_text(page, encoding="utf-8")
        return page

    def to_dict(self) -> dict:
        """Plain data."""
        return {
            "source": self.source, "target": self.target, "moves": [move.to_dict() for move in self.moves],
            "left": [one.to_dict() for one in self.left], "notes": list(self.notes),
        }  # fmt: skip


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    back = [0] * len(order)
    for at, index in enumerate(order):
        back[index] = at
    return tuple(back)
