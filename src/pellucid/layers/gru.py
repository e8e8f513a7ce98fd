"""GRU and its cell: gated recurrent unit.

Below:  cells.py has weights and dropout, recurrent.py walks, ops/recurrence.py has the kernel for all steps.
Beside: simple_rnn.py, lstm.py.
Axes:   gates lie side by side in the order z r h: update, reset, candidate.
"""

from __future__ import annotations

from pellucid import activations
from pellucid.layers.cells import DenseCell, dropped_product
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.recurrent import KernelRecurrent
from pellucid.ops import recurrence


class GRUCell(DenseCell):
    """One step of a GRU: ``h = z * h + (1 - z) * activation(candidate)``. See DenseCell.

    Shapes:
        bias  (2, 3 * units) with reset_after, for the input and for the state; else (3 * units,)

    Args:
        reset_after: whether the reset gate acts behind the product with the recurrent kernel, or before it.

    Source: Cho et al. 2014, arXiv 1406.1078, version 3 with reset_after, else 1; keras.layers.GRUCell, Keras 3.15.
    """

    gates = 3

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        reset_after=True,
        seed=None,
        **kwargs,
    ):
        self.begin(locals())
        self.state_size = units

    def bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self):
        return self.bias.value[0] if self.reset_after and self.bias is not None else super().input_bias()

    def step(self, projected, states, training=False):
        [h] = states
        x_z, x_r, x_h = projected.chunk(3, dim=-1)
        h_z, h_r, candidate = self._gates(h, self.drops("recurrent_dropout", h, training))
        z, r = self.recurrent_activation(x_z + h_z), self.recurrent_activation(x_r + h_r)
        h = z * h + (1 - z) * self.activation(x_h + candidate(r))
        return h, [h]

    def _gates(self, h, drops):
        """What the state contributes to the gates z and r, and to the candidate once r is known."""
        kernel = self.recurrent_kernel.value
        if self.reset_after:
            y = dropped_product(h, drops, kernel)
            h_z, h_r, h_h = (y if self.bias is None else y + self.bias.value[1]).chunk(3, dim=-1)
            return h_z, h_r, lambda r: r * h_h
        split = 2 * self.units
        h_z, h_r = dropped_product(h, drops and drops[:2], kernel[:, :split]).chunk(2, dim=-1)
        dropped = h if drops is None else h * drops[2]
        return h_z, h_r, lambda r: (r * dropped) @ kernel[:, split:]

    def at_once(self, training=False):
        usual = self.activation is activations.tanh and self.recurrent_activation is activations.sigmoid
        fits = usual and self.reset_after and not self.drops_at_steps(training)
        return self.with_weights(recurrence.gru) if fits else None


class GRU(KernelRecurrent):
    """Gated recurrent unit. See GRUCell and RNN.

    Args:
        use_cudnn: "auto" lets one kernel do all steps where it can, True insists, False walks step by step.

    Raises:
        ArgumentError: another `use_cudnn`; or True where no kernel does what the arguments say.

    Source: Cho et al. 2014, arXiv 1406.1078; keras.layers.GRU, Keras 3.15.
    """

    cell_class, cell_name = GRUCell, "gru_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        reset_after=True,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(locals())
        self.input_spec = InputSpec(ndim=3)
