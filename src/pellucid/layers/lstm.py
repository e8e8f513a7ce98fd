"""LSTM and its cell: long short-term memory.

Below:  cells.py has weights and dropout, recurrent.py walks, ops/recurrence.py has the kernel for all steps.
Beside: simple_rnn.py, gru.py; conv_lstm.py has the same gates on images.
Axes:   gates lie side by side in the order i f c o: input, forget, candidate, output.
"""

from __future__ import annotations

import torch

from pellucid import activations
from pellucid.layers.cells import DenseCell, dropped_product
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.recurrent import KernelRecurrent
from pellucid.ops import recurrence


class LSTMCell(DenseCell):
    """One step of an LSTM: ``c = f * c + i * activation(candidate)``, ``h = o * activation(c)``. See DenseCell.

    Shapes:
        states  h and c, (batch, units) each

    Args:
        unit_forget_bias: whether the forget gate's bias begins with 1.

    Source: Hochreiter and Schmidhuber 1997; keras.layers.LSTMCell, Keras 3.15.
    """

    gates = 4

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        self.begin(locals())
        self.state_size = [units, units]

    def first_bias(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, dtype=dtype)
        return bias_that_remembers(self.bias_initializer, shape, dtype)

    def step(self, projected, states, training=False):
        h, c = states
        drops = self.drops("recurrent_dropout", h, training)
        gates = projected + dropped_product(h, drops, self.recurrent_kernel.value)
        return lstm_step(gates.chunk(4, dim=-1), c, self.activation, self.recurrent_activation)

    def at_once(self, training=False):
        usual = self.activation is activations.tanh and self.recurrent_activation is activations.sigmoid
        return self.with_weights(recurrence.lstm) if usual and not self.drops_at_steps(training) else None


def lstm_step(gates, c, activation, recurrent_activation):
    """Output and states after one step, from the sums of all four gates and the carry before."""
    i, f, candidate, o = gates
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(candidate)
    h = recurrent_activation(o) * activation(c)
    return h, [h, c]


def bias_that_remembers(initializer, shape, dtype):
    """A bias of four gates, with ones for the forget gate."""
    units = shape[0] // 4
    first, last = initializer((units,), dtype=dtype), initializer((2 * units,), dtype=dtype)
    return torch.cat([first, torch.ones_like(first), last])


class LSTM(KernelRecurrent):
    """Long short-term memory. See LSTMCell and RNN.

    Args:
        use_cudnn: "auto" lets one kernel do all steps where it can, True insists, False walks step by step.

    Raises:
        ArgumentError: another `use_cudnn`; or True where no kernel does what the arguments say.

    Source: Hochreiter and Schmidhuber 1997; keras.layers.LSTM, Keras 3.15.
    """

    cell_class, cell_name = LSTMCell, "lstm_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(locals())
        self.input_spec = InputSpec(ndim=3)
