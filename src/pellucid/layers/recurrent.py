"""Recurrent layers: RNN walks any cell along the steps; the parent of those with a cell of their own.

Below:  cells.py and any_cell.py have what happens at one step, ops/recurrence.py walks, or does all steps in one kernel.
Above:  simple_rnn.py, lstm.py, gru.py, conv_lstm.py; bidirectional.py goes around two of them.
Axes:   (batch, steps, ...). With go_backwards the last step comes first, in the outputs too.
"""

from __future__ import annotations

import contextlib
import inspect

import torch

from pellucid import nest
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, MissingAttributeError, ShapeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.layers import any_cell
from pellucid.layers.any_cell import StackedRNNCells
from pellucid.layers.base import Layer
from pellucid.layers.cells import Cell, same_drops
from pellucid.links import All, Along, Each, Outputs, Past, Whole
from pellucid.ops import recurrence


class RNN(Layer):
    """A cell, step after step: ``output, states = cell(x[:, t], states)``.

    Shapes:
        input          (batch, steps, ...)
        mask           (batch, steps), True where a step counts; a hidden step changes nothing
        initial_state  one value (batch, size), or a list of them
        output         (batch, size), or (batch, steps, size) with return_sequences; behind it the states with return_state

    Args:
        cell: has `call(x, states)` and `state_size`, may have `output_size` and `get_initial_state`; or a list of cells.
        go_backwards: whether it walks from the last step to the first.
        stateful: whether the states go on from batch to batch, until `reset_state`; needs a fixed batch size.
        unroll: keeps to single steps, where one kernel could do them all; same numbers.
        zero_output_for_mask: whether outputs of hidden steps are 0 and not those of the step before.

    Raises:
        ArgumentError: no cell, or `state_size` is no size.
        ShapeError: another batch size than the states have.

    Source: keras.layers.RNN, Keras 3.15.
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        any_cell.check_cell(cell)
        super().__init__(**kwargs)
        size = cell.state_size
        if not isinstance(size, (list, tuple, int)):
            raise ArgumentError(
                "`state_size` of a cell says sizes.", got=repr(size), expected="an int or a list of ints"
            )
        self.cell = cell
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll = go_backwards, stateful, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.single_state = isinstance(size, int)
        self.state_size = [size] if self.single_state else list(size)
        self._left = _Left()

    # ---- states

    def build(self, sequences_shape, initial_state_shape=None):
        any_cell.build_cell(self.cell, (sequences_shape[0], *sequences_shape[2:]))
        if not self.stateful:
            return
        if self._left.states is not None:
            self.reset_state()
        elif sequences_shape[0] is None:
            raise ShapeError(
                f"'{self.name}' is stateful and needs a fixed batch size.",
                got=tuple(sequences_shape),
                fix="Input(shape=..., batch_size=32)",
            )
        else:
            self._left.states = nest.map_structure(self._state_variable, self.get_initial_state(sequences_shape[0]))

    def _state_variable(self, value):
        return Variable(value, trainable=False, dtype=self.variable_dtype, name="rnn_state")

    @property
    def states(self) -> list | None:
        """With `stateful`: what the last batch left behind."""
        return self._left.states

    def get_initial_state(self, batch_size) -> list:
        """What the walk begins with."""
        states = any_cell.initial_state(self.cell, batch_size)
        return list(states) if nest.is_nested(states) else [states]

    def reset_state(self):
        """Begin anew with the next batch: the kept states become 0."""
        for state in nest.flatten(self.states) if self.states is not None else ():
            state.assign(torch.zeros_like(state.value))

    def reset_states(self):
        """Another name for `reset_state`."""
        self.reset_state()

    def _first_states(self, sequences, given) -> list:
        batch = sequences.shape[0]
        if self.stateful and nest.flatten(self.states)[0].shape[0] != batch:
            raise ShapeError(
                f"'{self.name}' is stateful, so each batch size is that of its states.",
                got=f"{batch} samples",
                expected=nest.flatten(self.states)[0].shape[0],
                fix="batches of one size; reset by building the layer anew",
            )
        if given is None:
            # The kept ones are assigned to in place at the end, and gradients need what they were.
            given = (
                nest.map_structure(lambda state: state.value.clone(), self.states)
                if self.stateful
                else self.get_initial_state(batch)
            )
        dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
        given = list(given) if nest.is_nested(given) else [given]
        return nest.map_structure(lambda state: convert_to_tensor(state, dtype=dtype), given)

    # ---- the walk

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if sequences.is_meta:
            return self._only_shapes(sequences)
        if sequences.shape[1] == 0:
            raise ShapeError(f"'{self.name}' got no step at all.", got=tuple(sequences.shape), expected="1 or more")
        states = self._first_states(sequences, initial_state)
        mask = nest.flatten(mask)[0]
        mask = None if mask is None else mask.to(torch.bool)
        if self.go_backwards:
            sequences, mask = sequences.flip(1), None if mask is None else mask.flip(1)
        with same_drops(self.cell) if training else contextlib.nullcontext():
            outputs, states = self._through(self.cell, sequences, states, mask, training)
        outputs, *states = nest.map_structure(self._as_computed, [outputs, *states])
        if self.stateful:
            for kept, state in zip(nest.flatten(self.states), nest.flatten(states), strict=True):
                kept.assign(state.detach())
        output = outputs if self.return_sequences else outputs[:, -1]
        return (output, *states) if self.return_state else output

    def _through(self, cell, sequences, states, mask, training):
        """All outputs of a cell, or of a stack of them, and the last states.

        A stack is walked cell by cell: what a hidden step gives to the next cell is hidden there too.
        """
        if isinstance(cell, StackedRNNCells) and type(cell).call is StackedRNNCells.call:
            after = []
            for inner, state in zip(cell.cells, states, strict=True):
                first = list(state) if nest.is_nested(state) else [state]
                sequences, last = self._through(inner, sequences, first, mask, training)
                after.append(last if nest.is_nested(state) else last[0])
            return sequences, after
        if isinstance(cell, Cell) and type(cell).call is Cell.call and cell.activity_regularizer is None:
            with cell._autocast_scope() or contextlib.nullcontext():
                return self._through_ours(cell, sequences.to(states[0].dtype), states, mask, training)

        def step(x, states):
            return any_cell.call_cell(cell, x, states, training)

        return recurrence.walk(step, sequences, states, mask, self.zero_output_for_mask)

    def _through_ours(self, cell: Cell, sequences, states, mask, training):
        wish = getattr(self, "use_cudnn", "auto")
        kernel = None if self.unroll or wish is False else cell.at_once(training)
        if kernel is None and wish is True:
            raise ArgumentError(
                f"No kernel of PyTorch does what '{self.name}' says.",
                got="use_cudnn=True",
                expected="tanh, sigmoid, no recurrent dropout, no unroll; in a GRU reset_after=True",
                fix='use_cudnn="auto"',
            )
        if kernel is not None:
            sequences = cell.dropped(sequences, training)
            return recurrence.at_once(kernel, sequences, states, mask, self.zero_output_for_mask)
        projected = cell.project(sequences, training)

        def step(x, states):
            return cell.step(x, states, training)

        return recurrence.walk(step, projected, states, mask, self.zero_output_for_mask)

    def _as_computed(self, x):
        return convert_to_tensor(x, dtype=self.compute_dtype)

    def _only_shapes(self, sequences):
        """Outputs without values: shapes need no walk."""
        shapes = self.compute_output_shape(tuple(sequences.shape))
        return nest.map_shape_structure(
            lambda shape: sequences.new_empty(shape, dtype=to_torch(self.compute_dtype)), shapes
        )

    # ---- shapes, masks, links

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, steps, *step = sequences_shape
        output, states = self.step_shapes((batch, *step))
        if self.return_sequences:
            output = (batch, steps, *output[1:])
        return (output, *states) if self.return_state else tuple(output)

    def step_shapes(self, step_shape) -> tuple:
        """The shapes of a step's output and of the states, from that of its input."""
        batch, size = step_shape[0], any_cell.output_size(self.cell)
        if not isinstance(size, int):
            raise ArgumentError("`output_size` of a cell is an int.", got=repr(size))
        return (batch, size), nest.map_structure(lambda size: (batch, size), self.state_size)

    def compute_mask(self, _, mask):
        mask = nest.flatten(mask)[0] if self.return_sequences else None
        return [mask, *[None for _ in self.state_size]] if self.return_state else mask

    def links(self):
        """Outputs are fed by the steps walked before, all of their values; None for a user's own cell."""
        inner = self.cell.cells if isinstance(self.cell, StackedRNNCells) else [self.cell]
        if not all(isinstance(cell, Cell) for cell in inner):
            return None
        return self.with_states(
            Each((Along({0: Past(self.go_backwards), -1: Whole()}),), rest=All()) if self.return_sequences else All()
        )

    def with_states(self, link):
        """The link of the outputs, and with return_state those of the last states, which everything feeds."""
        if not self.return_state:
            return link
        return Outputs((link, *[All()] * len(nest.flatten(self.state_size))))

    def get_config(self):
        words = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")
        own = {word: getattr(self, word) for word in words}
        return {**super().get_config(), **own, "cell": serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {word: value for word, value in config.items() if word != "time_major" or value}
        if "cell" in config:
            config["cell"] = deserialize_keras_object(config["cell"], custom_objects=custom_objects)
        return super().from_config(config)


class _Left:
    """The states that the last batch left behind. They are no weights: what lies in here is not seen as owned."""

    states: list | None = None


class Recurrent(RNN):
    """The parent of recurrent layers with a cell of their own.

    The arguments that the cell's `__init__` names go there, and can be read from the layer too.
    """

    cell_class: type[Cell]
    cell_name: str

    def __init__(self, arguments: dict):
        kwargs = dict(arguments["kwargs"])
        named = {word: value for word, value in arguments.items() if word not in ("self", "kwargs", "__class__")}
        taken = inspect.signature(self.cell_class.__init__).parameters
        of_cell = {word: named.pop(word) for word in list(named) if word in taken}
        of_cell |= {word: kwargs.pop(word) for word in ("implementation",) if word in kwargs}
        of_cell |= {word: kwargs[word] for word in ("dtype", "trainable") if word in kwargs}
        super().__init__(self.cell_class(**of_cell, name=self.cell_name), **named, **kwargs)

    def __getattr__(self, word):
        cell = self.__dict__.get("cell")
        if cell is None or word not in cell._kept:
            raise MissingAttributeError(f"{type(self).__name__} has no attribute '{word}'.")
        return getattr(cell, word)

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        of_cell = self.cell.get_config()
        return {**config, **{word: of_cell[word] for word in self.cell._kept}}


class KernelRecurrent(Recurrent):
    """The parent of recurrent layers that may be told whether one kernel does all steps (`use_cudnn`)."""

    def __init__(self, arguments: dict):
        wish = arguments["use_cudnn"]
        if wish not in ("auto", True, False):
            raise ArgumentError("`use_cudnn` is unknown.", got=repr(wish), expected='"auto", True or False')
        super().__init__({word: value for word, value in arguments.items() if word != "use_cudnn"})
        self.use_cudnn = wish
