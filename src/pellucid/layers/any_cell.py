"""Any cell: what a recurrent layer asks of any object with `call` and `state_size`; and a stack of them as one cell.

Beside: cells.py has the parents of our own.
Above:  recurrent.py walks with any cell.
"""

from __future__ import annotations

from pellucid import nest
from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers.base import Layer
from pellucid.layers.calls import Signature
from pellucid.ops.creation import zeros


class StackedRNNCells(Layer):
    """Cells as one cell: the output of each is the input of the next.

    Args:
        cells: objects with `call(x, states)` and `state_size`.

    Shapes:
        states  a list with the state, or states, of each cell
        output  that of the last cell

    Raises:
        ArgumentError: something that is no cell.

    Source: keras.layers.StackedRNNCells, Keras 3.15.
    """

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        for cell in cells:
            check_cell(cell)
        self.cells = cells

    @property
    def state_size(self) -> list:
        """The states' sizes, one entry for each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self):
        """How many values come out."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size=None) -> list:
        """States of zeros, or what the cells begin with."""
        return [initial_state(cell, batch_size) for cell in self.cells]

    def build(self, input_shape):
        for cell in self.cells:
            build_cell(cell, input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def call(self, inputs, states, training=False, **kwargs):
        after = []
        for cell, state in zip(self.cells, states, strict=True):
            inputs, new = call_cell(cell, inputs, state, training, **kwargs)
            after.append(new)
        return inputs, after

    def get_config(self):
        return {**super().get_config(), "cells": [serialize_keras_object(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        cells = [deserialize_keras_object(cell, custom_objects=custom_objects) for cell in config["cells"]]
        return super().from_config({**config, "cells": cells})


def check_cell(cell) -> None:
    """Raise unless this can serve as a cell."""
    missing = [word for word in ("call", "state_size") if word not in dir(cell)]
    if missing:
        raise ArgumentError(
            f"A cell has `call` and `state_size`; this has no `{missing[0]}`.",
            got=repr(cell),
            expected="call(x, states) -> (output, states), and an int or list of ints",
        )


def build_cell(cell, input_shape) -> None:
    """Let a cell make its weights, if it is a layer that has none yet."""
    if isinstance(cell, Layer) and not cell.built:
        cell.build(input_shape)
        cell.built = True


def output_size(cell):
    """How many values a cell gives at each step."""
    size = getattr(cell, "output_size", None)
    if size is not None:
        return size
    return cell.state_size[0] if isinstance(cell.state_size, (list, tuple)) else cell.state_size


def initial_state(cell, batch_size):
    """What a cell begins with: zeros, unless it says otherwise."""
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(batch_size=batch_size)
    dtype = getattr(cell, "compute_dtype", None)
    return nest.map_structure(lambda size: zeros((batch_size, size), dtype=dtype), cell.state_size)


def call_cell(cell, x, state, training, **kwargs):
    """One step of any cell; a single state goes in as a list, and comes out as it was given."""
    if isinstance(cell, Layer) and Signature.of(cell).has_training:
        kwargs["training"] = training
    single = not nest.is_nested(state)
    output, new = (cell if callable(cell) else cell.call)(x, [state] if single else list(state), **kwargs)
    new = list(new) if nest.is_nested(new) else [new]
    return output, new[0] if single and len(new) == 1 else new
