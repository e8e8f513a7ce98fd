"""Activations as layers: ReLU, LeakyReLU, PReLU, ELU, Softmax. (`Activation` itself is in core.py.)

Below: activations.py is the arithmetic.
"""

from __future__ import annotations

import warnings

import torch

from pellucid import activations
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.normalization import mix_without_batch
from pellucid.links import Same
from pellucid.ops.pieces import Relu


class Elementwise(Described):
    """The parent of layers that work on each value by itself."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def check_not_negative(self, *names, or_none=()):
        """Raise unless these arguments are 0 or more."""
        for name in names:
            value = getattr(self, name)
            if value is None and name in or_none:
                continue
            if value is None or value < 0:
                raise ArgumentError(
                    f"`{name}` of {type(self).__name__} is negative.", got=repr(value), expected="0 or more"
                )

    def compute_output_shape(self, input_shape):
        return input_shape

    def links(self):
        return Same()


class ReLU(Elementwise):
    """``x`` where it is above `threshold`, else ``negative_slope * (x - threshold)``; at most `max_value`.

    Source: keras.layers.ReLU, Keras 3.15.
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        self.check_not_negative("max_value", "negative_slope", "threshold", or_none=("max_value",))
        self._build_at_init()

    def call(self, inputs):
        return activations.relu(
            inputs, negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )

    def pieces(self):
        is_plain = self.max_value is None and self.negative_slope == self.threshold == 0
        return [Relu()] if is_plain else None


class LeakyReLU(Elementwise):
    """``x`` where it is positive, else ``negative_slope * x``.

    Source: keras.layers.LeakyReLU, Keras 3.15.
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("`alpha` of LeakyReLU is now `negative_slope`.", stacklevel=2)
        super().__init__(**kwargs)
        self.keep(locals())
        self.check_not_negative("negative_slope")
        self._build_at_init()

    def call(self, inputs):
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


class ELU(Elementwise):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``.

    Source: Clevert et al. 2015, arXiv 1511.07289; keras.layers.ELU, Keras 3.15.
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        self._build_at_init()

    def call(self, inputs):
        return activations.elu(inputs, alpha=self.alpha)


class PReLU(Elementwise):
    """``x`` where it is positive, else ``alpha * x`` with learned `alpha`.

    Shapes:
        alpha  the input's without the batch axis, with 1 on `shared_axes`

    Args:
        shared_axes: axes along which one alpha serves all places, counted with the batch axis.

    Source: He et al. 2015, arXiv 1502.01852; keras.layers.PReLU, Keras 3.15.
    """

    def __init__(
        self, alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.keep(locals())
        if shared_axes is not None:
            self.shared_axes = list(shared_axes) if isinstance(shared_axes, (list, tuple)) else [shared_axes]

    def build(self, input_shape):
        shared = self.shared_axes or []
        shape = [1 if axis in shared else size for axis, size in enumerate(input_shape)][1:]
        self.alpha = self.add_weight(
            shape,
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        own = {axis: size for axis, size in enumerate(input_shape) if axis and axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own if shared else {})

    def call(self, inputs):
        return inputs.clamp_min(0) + self.alpha.value * inputs.clamp_max(0)


class Softmax(Elementwise):
    """``exp(x) / sum(exp(x))`` along an axis or several: positive values with the sum 1.

    Args:
        axis: one axis, or several that count as one.

    Raises:
        ShapeError: a mask that does not fit the input.

    Source: keras.layers.Softmax, Keras 3.15.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        self._build_at_init()

    def call(self, inputs, mask=None):
        if mask is not None:
            self._check(mask, inputs)
            mask = mask if mask.dtype is torch.bool else mask > 0.5
            lowest = -3e4 if inputs.dtype is torch.float16 else -1e9
            inputs = inputs.masked_fill(~mask, lowest)
        outputs = self._softmax(inputs)
        # Where everything is masked the softmax would be even; it is 0.
        return outputs if mask is None else outputs.masked_fill(~mask, 0.0)

    def _softmax(self, x):
        several = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        if len(several) == 1:
            return activations.softmax(x, axis=several[0])
        return torch.exp(x - torch.logsumexp(x, dim=tuple(several), keepdim=True))

    def _check(self, mask, x):
        fits = mask.ndim <= x.ndim and all(
            m in (1, n) for m, n in zip(reversed(mask.shape), reversed(x.shape), strict=False)
        )
        if not fits:
            raise ShapeError(
                f"The mask of '{self.name}' does not fit its input.",
                got=tuple(mask.shape),
                expected=f"{tuple(x.shape)}, or 1 on some axes",
            )

    def links(self):
        return mix_without_batch(self.axis)
