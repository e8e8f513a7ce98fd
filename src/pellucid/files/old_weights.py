"""Weights of one layer as old Kerases stored them, in the form of Keras 3.

Above:  models/legacy.py, which knows the layers.
Kept true: arrays in, arrays out; which form a file has is told by its age and by shapes, never guessed from values.

Source: Keras 2.2.4, keras/engine/saving.py, for what became what; Keras 1.2.2 for its own order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Keras 1 stored each gate by itself: input weights, recurrent weights and bias; the order of its gates in ours.
_GATES = {"LSTM": (0, 2, 1, 3), "ConvLSTM2D": (0, 2, 1, 3), "GRU": (0, 1, 2)}
_WEIGHTS_OF_A_GATE = 3
_CONVOLUTIONS = {"Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM2D"}


@dataclass(frozen=True)
class Origin:
    """Where the weights of a file come from: the Keras (1, 2 or 3), and whether its convolutions turned kernels around."""

    era: int
    turned: bool = False


def stored_count(kind: str, count: int, origin: Origin, spare: bool) -> int:
    """How many arrays a file holds for the weights of a layer.

    Args:
        kind: the layer's class.
        count: of its weights today.
        spare: whether the file has more arrays than the model has weights, as it has if gates stand alone.
    """
    if origin.era == 1 and spare and kind in _GATES and count == _WEIGHTS_OF_A_GATE:
        return _WEIGHTS_OF_A_GATE * len(_GATES[kind])
    return count


def modern(kind: str, arrays: list, shapes: list, origin: Origin, channels_first: bool) -> list:
    """A layer's arrays as they are today; shapes may still be wrong, if the file is of another model.

    Args:
        kind: the layer's class.
        arrays: as the file has them.
        shapes: that its weights have today.
        channels_first: whether the layer's images begin with their channels.
    """
    if origin.era == 1:
        arrays = _of_keras_1(kind, arrays, channels_first)
    if origin.turned and kind in _CONVOLUTIONS:
        count = 2 if kind == "ConvLSTM2D" else 1
        arrays = [_turned(kernel) for kernel in arrays[:count]] + arrays[count:]
    if kind in ("LSTM", "GRU") and len(arrays) == len(shapes) == _WEIGHTS_OF_A_GATE:
        arrays = _of_cudnn(arrays, shapes[2], gates=len(_GATES[kind]))
    return arrays


def needs_look(kind: str, origin: Origin) -> bool:
    """Whether the arrays of a layer may be in another form than today's."""
    return kind in ("LSTM", "GRU") or origin.turned or origin.era == 1


def _of_keras_1(kind: str, arrays: list, channels_first: bool) -> list:
    gates = _GATES.get(kind)
    if gates and len(arrays) == _WEIGHTS_OF_A_GATE * len(gates):
        axis = 0 if kind == "ConvLSTM2D" and channels_first else -1
        parts = [[arrays[_WEIGHTS_OF_A_GATE * gate + k] for gate in gates] for k in range(_WEIGHTS_OF_A_GATE)]
        arrays = [np.concatenate(part, axis=axis if part[0].ndim > 1 else -1) for part in parts]
    if kind == "Conv1D" and arrays[0].ndim == 4:
        # An image of one column; before Keras 1.2 in the order of Theano.
        first = arrays[0][:, 0] if arrays[0].shape[1] == 1 else arrays[0][..., 0].transpose(2, 1, 0)
        return [first, *arrays[1:]]
    order = _order_of_keras_1(kind, channels_first) or ()
    count = 2 if kind == "ConvLSTM2D" else 1
    return [array.transpose(order) if array.ndim == len(order) else array for array in arrays[:count]] + arrays[count:]


def _order_of_keras_1(kind: str, channels_first: bool) -> tuple[int, ...] | None:
    """Which axis of a kernel of Keras 1 stands where today."""
    if kind == "Conv2DTranspose":
        return (2, 3, 0, 1) if channels_first else (0, 1, 3, 2)
    if not channels_first:
        return None
    return {"Conv2D": (2, 3, 1, 0), "ConvLSTM2D": (2, 3, 1, 0), "Conv3D": (2, 3, 4, 1, 0)}.get(kind)


def _turned(kernel: np.ndarray) -> np.ndarray:
    """A kernel turned around along its window; channels stay."""
    window = tuple(range(kernel.ndim - 2))
    return np.ascontiguousarray(np.flip(kernel, window))


def _of_cudnn(arrays: list, bias_shape: tuple, gates: int) -> list:
    """Gates of a GPU's library stored their matrices turned, and two biases in a row."""
    kernel, recurrent, bias = arrays
    units = recurrent.shape[0]
    if bias.ndim != 1 or bias.size != 2 * gates * units or bias_shape == bias.shape:
        return arrays
    if gates == 3 and bias_shape != (2, gates * units):
        return arrays  # without `reset_after` it computes something else
    parts = [part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)]
    turned = [part.T for part in np.hsplit(recurrent, gates)]
    halves = bias.reshape(2, -1)
    return [np.hstack(parts), np.hstack(turned), halves if gates == 3 else halves.sum(axis=0)]
