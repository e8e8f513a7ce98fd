"""Discretization: numbers into bins, with bounds that are given or learned as quantiles of data.

Beside: categories.py puts the bins into rows.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentError, OrderError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_numpy, convert_to_tensor
from pellucid.layers.base import Layer
from pellucid.layers.categories import encoded, encoded_shape, encoding_links, mode_named
from pellucid.settings import floatx


class Discretization(Layer):
    """The number of the bin that each value falls into.

    Shapes:
        input   any
        output  as the input ("int"), or as CategoryEncoding gives it

    Args:
        bin_boundaries: bounds in rising order; n bounds make n + 1 bins, a value on a bound falls above it.
        num_bins: how many bins `adapt` is to find, about equally full.
        epsilon: how exact it finds them, as a share of the data.

    Raises:
        ArgumentError: both or neither of bounds and a number of bins, or a mode that is not known.
        OrderError: called before `adapt`.

    Source: keras.layers.Discretization, Keras 3.15.
    """

    def __init__(
        self,
        bin_boundaries=None,
        num_bins=None,
        epsilon=0.01,
        output_mode="int",
        sparse=False,
        dtype=None,
        name=None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.output_mode = mode_named(output_mode, ("int", "one_hot", "multi_hot", "count"), sparse)
        if num_bins is not None and num_bins < 0:
            raise ArgumentError("`num_bins` is how many bins there are.", got=num_bins, expected="0 or more")
        if (num_bins is None) == (bin_boundaries is None):
            raise ArgumentError(
                "Bins have bounds that are given, or a number.",
                got=f"bin_boundaries={bin_boundaries}, num_bins={num_bins}",
                expected="one of the two",
            )
        self.bin_boundaries = None if bin_boundaries is None else [float(bound) for bound in bin_boundaries]
        self.num_bins, self.epsilon, self.sparse = num_bins, epsilon, sparse
        self.summary = np.zeros((2, 0), "float32")
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True
        self._build_at_init()

    @property
    def input_dtype(self):
        return floatx()

    @property
    def output_dtype(self) -> str:
        """What comes out."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data, steps=None) -> None:
        """Find the bounds from data, in place of what was found before.

        Args:
            data: an array or tensor; or batches, of which `steps` are taken.

        Raises:
            OrderError: the bounds were given.
        """
        self.reset_state()
        if isinstance(data, (np.ndarray, torch.Tensor)) or not hasattr(data, "__iter__"):
            data = [data]
        for at, batch in enumerate(data):
            if steps is not None and at >= steps:
                break
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data) -> None:
        """Take one more batch into the summary."""
        if self.num_bins is None:
            raise OrderError("The bounds were given: there is nothing to learn.", fix="Discretization(num_bins=10)")
        values = convert_to_numpy(data).astype("float32")
        self.summary = _merged(_summary(values, self.epsilon), self.summary, self.epsilon)

    def finalize_state(self) -> None:
        """Read the bounds from the summary."""
        if self.num_bins is not None:
            self.bin_boundaries = _compressed(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def reset_state(self) -> None:
        """Forget what was learned."""
        if self.num_bins is not None:
            self.summary = np.zeros((2, 0), "float32")

    def call(self, inputs):
        if self.bin_boundaries is None:
            raise OrderError("The bounds are not known yet.", fix="layer.adapt(data), or bin_boundaries=[...]")
        values = convert_to_tensor(np.asarray(inputs) if isinstance(inputs, (list, tuple)) else inputs)
        bounds = torch.tensor(self.bin_boundaries, dtype=torch.float32, device=values.device)
        index = torch.bucketize(values.to(torch.float32), bounds, right=True)
        return encoded(index, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    def compute_output_shape(self, input_shape):
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        if self.output_mode in ("multi_hot", "count"):
            shape = tuple(input_shape)
            return (shape[0], *shape[2:], depth) if len(shape) >= 2 else (depth,)
        return encoded_shape(input_shape, self.output_mode, depth)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.output_dtype)

    def links(self):
        return encoding_links(self.output_mode)

    def load_own_variables(self, store):
        # Keras 2 kept the summary among the weights; the bounds are in the config.
        if len(store.keys()) == 1:
            self.summary = np.asarray(store["0"])

    def get_config(self):
        own = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "name", "dtype")
        return {name: getattr(self, name) for name in own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        learned = config.pop("bin_boundaries", None) if config.get("num_bins") is not None else None
        layer = cls(**config)
        if learned is not None:
            layer.bin_boundaries = learned
        return layer


# A summary is two rows: values in rising order, and how many data each stands for.


def _summary(values: np.ndarray, epsilon: float) -> np.ndarray:
    ordered = np.sort(values.reshape(-1))
    step = max(ordered.size * epsilon, 1)
    chosen = ordered[int(step - 1) :: int(step)]
    return np.stack([chosen, np.full_like(chosen, step)])


def _merged(first: np.ndarray, second: np.ndarray, epsilon: float) -> np.ndarray:
    both = np.concatenate((first, second), axis=1)
    return _compressed(both[:, np.argsort(both[0])], epsilon)


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """The same in about ``1 / epsilon`` values, by interpolation between the shares below them."""
    if summary.shape[1] * epsilon < 1:
        return summary
    wanted = epsilon + np.arange(0.0, 1.0, epsilon)
    below = summary[1].cumsum()
    shares = below / below[-1]
    values, total = np.interp(wanted, shares, summary[0]), np.interp(wanted, shares, below)
    return np.stack((values, np.diff(total, prepend=0.0))).astype("float32")
