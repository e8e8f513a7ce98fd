"""SimpleRNN and its cell: the output is the state.

Below:  cells.py has weights and dropout, recurrent.py walks, ops/recurrence.py has the kernel for all steps.
Beside: lstm.py, gru.py.
"""

from __future__ import annotations

from pellucid import activations
from pellucid.layers.cells import DenseCell, dropped_product
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.recurrent import Recurrent
from pellucid.ops import recurrence

_KERNELS = {getattr(activations, name): name for name in recurrence.PLAIN}


class SimpleRNNCell(DenseCell):
    """One step: ``h = activation(x @ kernel + bias + h @ recurrent_kernel)``. See DenseCell.

    Source: keras.layers.SimpleRNNCell, Keras 3.15.
    """

    gates = 1

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
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
        self.state_size = units

    def step(self, projected, states, training=False):
        [h] = states
        drops = self.drops("recurrent_dropout", h, training)
        h = self.activation(projected + dropped_product(h, drops, self.recurrent_kernel.value))
        return h, [h]

    def at_once(self, training=False):
        if self.activation not in _KERNELS or self.drops_at_steps(training):
            return None
        return self.with_weights(recurrence.plain, activation=_KERNELS[self.activation])


class SimpleRNN(Recurrent):
    """Recurrence whose output is its state. See SimpleRNNCell and RNN.

    Source: keras.layers.SimpleRNN, Keras 3.15.
    """

    cell_class, cell_name = SimpleRNNCell, "simple_rnn_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(locals())
        self.input_spec = InputSpec(ndim=3)
