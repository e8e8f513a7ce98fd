"""Cells: what recurrent layers do at one step. The parents of our cells.

Below:  described.py keeps arguments, ops/recurrence.py has kernels for all steps at once.
Beside: any_cell.py says what is asked of cells that are not ours.
Above:  simple_rnn.py, lstm.py, gru.py and conv_lstm.py each have a cell; recurrent.py walks with them.
Kept true: `call` is ``step(project(x), states)``: what does not hang on the states is done for all steps together.
"""

from __future__ import annotations

import contextlib
import functools

import torch

from pellucid import nest, random
from pellucid.errors import ArgumentError
from pellucid.layers.base import Layer
from pellucid.layers.described import Described
from pellucid.ops.creation import zeros
from pellucid.random.seed import SeedGenerator


class Cell(Described):
    """The parent of our cells: gates side by side in each weight, and dropout that stays the same from step to step.

    A sister says how many `gates` it has, and computes in `project` and `step`.
    """

    gates: int
    dropout: float
    recurrent_dropout: float
    several_drops = False  # whether each gate always has a dropout pattern of its own

    def begin(self, arguments: dict, units: str = "units"):
        """Keep and check the arguments of `__init__`."""
        implementation = arguments["kwargs"].pop("implementation", 2)
        super().__init__(**arguments["kwargs"])
        self.keep(arguments)
        size = arguments[units]
        if size <= 0:
            raise ArgumentError(f"`{units}` of {type(self).__name__} is too small.", got=size, expected="1 or more")
        self.dropout = min(1.0, max(0.0, self.dropout))
        self.recurrent_dropout = min(1.0, max(0.0, self.recurrent_dropout))
        self.several_drops = type(self).several_drops or (
            self.gates > 1 and (implementation == 1 or self.recurrent_dropout > 0)
        )
        self.seed_generator = SeedGenerator(self.seed)
        self.output_size = size
        self._drops: dict | None = None

    def add_gates(self, window: tuple, features: int, units: int, bias_shape: tuple):
        """Make kernel, recurrent kernel and bias."""
        for name, word, shape in (
            ("kernel", "kernel", (*window, features, self.gates * units)),
            ("recurrent_kernel", "recurrent", (*window, units, self.gates * units)),
            ("bias", "bias", bias_shape),
        ):
            if name == "bias" and not self.use_bias:
                self.bias = None
                continue
            weight = self.add_weight(
                shape,
                self.first_bias if name == "bias" else getattr(self, f"{word}_initializer"),
                regularizer=getattr(self, f"{word}_regularizer"),
                constraint=getattr(self, f"{word}_constraint"),
                name=name,
            )
            setattr(self, name, weight)

    def first_bias(self, shape, dtype=None):
        """The values that the bias begins with."""
        return self.bias_initializer(shape, dtype=dtype)

    def project(self, x, training=False):
        """What the input alone contributes to all gates: (batch, ...) or (batch, steps, ...), both alike."""
        raise NotImplementedError

    def step(self, projected, states, training=False):
        """The output and the next states (a list), from the projected input and the states before."""
        raise NotImplementedError

    def drops_at_steps(self, training) -> bool:
        """Whether dropout acts where no kernel for all steps lets it: on the states, or on each gate by itself."""
        return bool(training and (self.recurrent_dropout or (self.several_drops and self.dropout)))

    def at_once(self, training=False):
        """A kernel for `recurrence.at_once` that does all steps together; None where there is none."""
        return

    def call(self, inputs, states, training=False):
        output, new = self.step(
            self.project(inputs, training), states if nest.is_nested(states) else [states], training
        )
        return output, new if nest.is_nested(states) else new[0]

    def drops(self, which: str, like, training):
        """Patterns to multiply with, one or one for each gate; None where nothing is dropped.

        Args:
            which: "dropout" or "recurrent_dropout".
            like: a value of one step, for the pattern's shape.
        """
        rate = getattr(self, which)
        if not training or rate == 0:
            return None
        if self._drops is not None and which in self._drops:
            return self._drops[which]
        count = self.gates if self.several_drops else 1
        made = [random.dropout(torch.ones_like(like), rate, seed=self.seed_generator) for _ in range(count)]
        if self._drops is not None:
            self._drops[which] = made
        return made


class DenseCell(Cell):
    """The parent of cells whose input and state are vectors.

    Shapes:
        input             (batch, features)
        states            (batch, units) each
        kernel            (features, gates * units)
        recurrent_kernel  (units, gates * units)
        bias              (gates * units,)
    """

    def build(self, input_shape):
        self.add_gates((), input_shape[-1], self.units, self.bias_shape())

    def bias_shape(self) -> tuple:
        """The bias's shape."""
        return (self.gates * self.units,)

    def input_bias(self):
        """The bias that the input's part gets, or None."""
        return None if self.bias is None else self.bias.value

    def project(self, x, training=False):
        y, bias = dropped_product(x, self._input_drops(x, training), self.kernel.value), self.input_bias()
        return y if bias is None else y + bias

    def _input_drops(self, x, training):
        drops = self.drops("dropout", x[:, 0] if x.ndim == 3 else x, training)
        return [drop.unsqueeze(1) for drop in drops] if drops is not None and x.ndim == 3 else drops

    def dropped(self, sequences, training):
        """The input of `at_once`, with the one pattern of dropout that all gates share."""
        drops = self._input_drops(sequences, training)
        return sequences if drops is None else sequences * drops[0]

    def with_weights(self, kernel, **kwargs):
        """A kernel of ops/recurrence.py for this cell's weights."""
        bias = None if self.bias is None else self.bias.value
        weights = {"kernel": self.kernel.value, "recurrent_kernel": self.recurrent_kernel.value, "bias": bias}
        return functools.partial(kernel, **weights, **kwargs)

    def get_initial_state(self, batch_size=None) -> list:
        """States of zeros."""
        sizes = self.state_size if nest.is_nested(self.state_size) else [self.state_size]
        return [zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]


def dropped_product(x, masks, kernel):
    """``x @ kernel``, with `x` multiplied by a pattern before; with several, each serves its part of the columns."""
    if masks is None:
        return x @ kernel
    parts = kernel.chunk(len(masks), dim=-1)
    return torch.cat([(x * mask) @ part for mask, part in zip(masks, parts, strict=True)], dim=-1)


@contextlib.contextmanager
def same_drops(cell):
    """Inside, a cell (and the cells in it) draws its patterns of dropout once."""
    cells = [inner for inner in cell._flatten_layers() if isinstance(inner, Cell)] if isinstance(cell, Layer) else []
    for inner in cells:
        inner._drops = {}
    try:
        yield
    finally:
        for inner in cells:
            inner._drops = None
