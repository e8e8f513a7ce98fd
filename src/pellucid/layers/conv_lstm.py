"""ConvLSTM1D to ConvLSTM3D: an LSTM whose products are convolutions, for sequences of images.

Below:  cells.py and lstm.py have gates and dropout, convolving.py has windows, ops/convolution.py does the arithmetic.
Axes:   (batch, steps, *spatial, channels), or (batch, steps, channels, *spatial); kernels (*window, channels, 4 * filters)
        with the gates in the order i f c o.
"""

from __future__ import annotations

import torch

from pellucid import axes
from pellucid.errors import ShapeError
from pellucid.layers import window_shapes
from pellucid.layers.cells import Cell
from pellucid.layers.convolving import Convolving
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.lstm import bias_that_remembers, lstm_step
from pellucid.layers.recurrent import Recurrent
from pellucid.links import Along, Outputs, Slide, Walk, Whole
from pellucid.ops.convolution import convolve
from pellucid.ops.creation import zeros


class ConvLSTMCell(Cell, Convolving):
    """One step of a ConvLSTM: as LSTMCell, with convolutions. The state's is "same", with strides and dilation of 1.

    Shapes:
        input             (batch, *spatial, channels), or (batch, channels, *spatial)
        states            h and c, (batch, *windows, filters) each
        kernel            (*kernel_size, channels, 4 * filters)
        recurrent_kernel  (*kernel_size, filters, 4 * filters)
        bias              (4 * filters,)

    Raises:
        ArgumentError: as all convolutions.
        ShapeError: an unknown size: the states begin as large as the windows.
    """

    gates = 4
    several_drops = True

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
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
        self.begin({word: value for word, value in locals().items() if word != "rank"}, "filters")
        self.rank = rank
        self.set_windows()
        self.state_size = [filters, filters]

    def build(self, inputs_shape, states_shape=None):
        if None in inputs_shape[1:]:
            raise ShapeError(
                f"'{self.name}' needs to know all sizes of a step.",
                got=tuple(inputs_shape),
                fix="Input(shape=(None, 64, 64, 3)): only the number of steps may be unknown",
            )
        self._state_shape = self.compute_output_shape(inputs_shape)[1:]
        channels = window_shapes.channels(inputs_shape, self.data_format)
        self.add_gates(self.kernel_size, channels, self.filters, (4 * self.filters,))

    def first_bias(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, dtype=dtype)
        return bias_that_remembers(self.bias_initializer, shape, dtype)

    def get_initial_state(self, batch_size=None) -> list:
        """States of zeros."""
        return [zeros((batch_size, *self._state_shape), dtype=self.compute_dtype) for _ in range(2)]

    def project(self, x, training=False):
        steps = x.shape[1] if x.ndim == self.rank + 3 else None
        drops = self.drops("dropout", x if steps is None else x[:, 0], training)
        if steps is not None:
            drops = drops and [drop.repeat_interleave(steps, dim=0) for drop in drops]
            x = x.flatten(0, 1)
        bias = None if self.bias is None else self.bias.value
        windows = (self.strides, self.padding, self.data_format, self.dilation_rate)
        y = self._convolved(x, drops, self.kernel.value, bias, *windows)
        return y if steps is None else y.unflatten(0, (-1, steps))

    def step(self, projected, states, training=False):
        h, c = states
        drops = self.drops("recurrent_dropout", h, training)
        windows = (1, "same", self.data_format, 1)
        gates = projected + self._convolved(h, drops, self.recurrent_kernel.value, None, *windows)
        gates = gates.chunk(4, dim=axes.channels_axis(self.data_format))
        return lstm_step(gates, c, self.activation, self.recurrent_activation)

    def _convolved(self, x, drops, kernel, bias, *windows):
        """The convolution with all gates' kernels, or with each by itself where each has a pattern of dropout."""
        if drops is None:
            return convolve(x, kernel, bias, *windows)
        kernels = kernel.chunk(4, dim=-1)
        biases = [None] * 4 if bias is None else bias.chunk(4)
        parts = [convolve(x * d, k, b, *windows) for d, k, b in zip(drops, kernels, biases, strict=True)]
        return torch.cat(parts, dim=axes.channels_axis(self.data_format))


class ConvLSTM(Recurrent):
    """An LSTM with convolutions in place of products. See ConvLSTMCell and RNN. The parent of the three ranks.

    Shapes:
        input   (batch, steps, *spatial, channels), or (batch, steps, channels, *spatial) with channels_first
        output  (batch, *windows, filters), or with the steps behind the batch, with return_sequences

    Source: Shi et al. 2015, arXiv 1506.04214; keras.layers.ConvLSTM1D to ConvLSTM3D, Keras 3.15.
    """

    cell_class, cell_name = ConvLSTMCell, "conv_lstm_cell"
    rank: int

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
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
        **kwargs,
    ):
        super().__init__({**locals(), "rank": self.rank})
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def step_shapes(self, step_shape):
        shape = self.cell.compute_output_shape(step_shape)
        return shape, [shape, shape]

    def links(self):
        """Outputs are fed by the windows of their step, and by wider ones of the steps before."""
        cell = self.cell
        first = 0 if cell.data_format == "channels_last" else 1
        state = {first + at: Slide(size, padding="same") for at, size in enumerate(cell.kernel_size)}
        state[cell.rank if first == 0 else 0] = Whole()
        last = Walk(cell.links(), Along(state), self.go_backwards, every=False)
        link = Walk(cell.links(), Along(state), self.go_backwards) if self.return_sequences else last
        return Outputs((link, last, last)) if self.return_state else link


class ConvLSTM1D(ConvLSTM):
    """A ConvLSTM on sequences of rows. See ConvLSTM."""

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """A ConvLSTM on sequences of images. See ConvLSTM."""

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """A ConvLSTM on sequences of volumes. See ConvLSTM."""

    rank = 3
