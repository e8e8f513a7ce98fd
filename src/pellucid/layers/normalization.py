"""Normalization layers: batch, layer, group, unit and RMS.

Below:  PyTorch's fused kernels; links.py says which places each output depends on.
Beside: batch_normalization.py for the one with running statistics, spectral_normalization.py for weights.
Axes:   `gamma` and `beta` have one entry for each place along the normalized axes (or channels, in groups).
Kept true: statistics are computed in float32 at least, whatever the compute dtype.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from pellucid import axes as axis_names
from pellucid.dtypes import result_type, to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Along, Mix, Whole


class Normalizing(Described):
    """The parent: an axis or axes, gamma and beta."""

    def check_axis(self):
        """Raise unless `axis` is a whole number, or several."""
        axis = self.axis
        if isinstance(axis, (list, tuple)) and axis and all(isinstance(one, int) for one in axis):
            self.axis = list(axis)
        elif not isinstance(axis, int):
            raise ArgumentTypeError("`axis` is a whole number, or a list of them.", got=repr(axis), fix="axis=-1")

    def add_scale_and_offset(self, shape):
        """Make gamma and beta, where they are asked for."""
        is_rms = getattr(self, "rms_scaling", False)
        self.gamma = self._add("gamma", shape) if self.scale or is_rms else None
        self.beta = self._add("beta", shape) if self.center and not is_rms else None

    def _add(self, name, shape):
        return self.add_weight(
            shape,
            getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
            autocast=False,
            name=name,
        )

    def axes_of(self, shape) -> list[int]:
        """The normalized axes, counted from 0.

        Raises:
            ArgumentError: there is no such axis.
        """
        several = self.axis if isinstance(self.axis, list) else [self.axis]
        return [axis_names.canonical(axis, len(shape)) for axis in several]

    def size_along(self, shape, axis: int) -> int:
        """The size of an axis, which must be known.

        Raises:
            ShapeError: it is unknown.
        """
        size = shape[axis]
        if size is None:
            raise ShapeError(
                f"'{self.name}' needs to know the size of axis {axis}.",
                got=tuple(shape),
                expected="a whole number there",
                fix="Input(shape=...) with that size",
            )
        return size

    def compute_output_shape(self, input_shape):
        self.axes_of(input_shape)
        return tuple(input_shape)


def widened(x: torch.Tensor) -> torch.Tensor:
    """A value in float32 at least, so that sums of squares do not overflow."""
    # Keras's promotion makes float32 of float64, too.
    return x if x.dtype == torch.float64 else x.to(to_torch(result_type(x.dtype, "float32")))


def along(vector, axes: list[int], ndim: int, dtype: torch.dtype) -> torch.Tensor | None:
    """A weight of the normalized axes, seen with all axes of the value."""
    if vector is None:
        return None
    shape = [1] * ndim
    for axis, size in zip(axes, vector.shape, strict=True):
        shape[axis] = size
    return vector.value.to(dtype).reshape(shape)


class LayerNormalization(Normalizing):
    """Each sample with mean 0 and variance 1 along `axis`, then scaled and shifted.

    Shapes:
        gamma, beta  the sizes of the normalized axes

    Source: Ba et al. 2016, arXiv 1607.06450; keras.layers.LayerNormalization, Keras 3.15.
    """

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        rms_scaling = kwargs.pop("rms_scaling", False)
        super().__init__(**kwargs)
        self.keep(locals())
        self.check_axis()
        self.supports_masking = True
        self.autocast = False

    def build(self, input_shape):
        at = sorted(self.axes_of(input_shape))
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.add_scale_and_offset(tuple(self.size_along(input_shape, axis) for axis in at))

    def call(self, inputs):
        x = widened(inputs)
        axes = sorted(self.axes_of(x.shape))
        if self.rms_scaling:
            y = x * torch.rsqrt(x.var(dim=axes, correction=0, keepdim=True) + self.epsilon)
            gamma = along(self.gamma, axes, x.ndim, x.dtype)
            return (y if gamma is None else y * gamma).to(to_torch(self.compute_dtype))
        if axes == list(range(x.ndim - len(axes), x.ndim)):
            gamma, beta = (None if w is None else w.value.to(x.dtype) for w in (self.gamma, self.beta))
            y = F.layer_norm(x, [x.shape[axis] for axis in axes], gamma, beta, self.epsilon)
        else:
            variance, mean = torch.var_mean(x, dim=axes, correction=0, keepdim=True)
            y = (x - mean) * torch.rsqrt(variance + self.epsilon)
            y = _scaled(y, along(self.gamma, axes, x.ndim, x.dtype), along(self.beta, axes, x.ndim, x.dtype))
        return y.to(to_torch(self.compute_dtype))

    def links(self):
        return mix_without_batch(self.axis)


def _scaled(y, gamma, beta):
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def mix_without_batch(axis):
    """Mix along axes that were counted with the batch axis."""
    return Mix(*(one if one < 0 else one - 1 for one in (axis if isinstance(axis, (list, tuple)) else [axis])))


class GroupNormalization(Normalizing):
    """Each group of channels of each sample with mean 0 and variance 1, then scaled and shifted.

    Shapes:
        gamma, beta  (channels,)

    Args:
        groups: how many groups; -1 for as many as channels.
        axis: where the channels lie.

    Raises:
        ArgumentError: the groups do not divide the channels.
        ShapeError: the number of channels is unknown.

    Source: Wu and He 2018, arXiv 1803.08494; keras.layers.GroupNormalization, Keras 3.15.
    """

    def __init__(
        self,
        groups=32,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.keep(locals())
        if not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise ArgumentError(
                "`groups` says how many groups of channels there are.", got=repr(groups), expected="1 or more, or -1"
            )
        self.supports_masking = True
        self.autocast = False  # what overflows in float16 may well be normal after normalizing

    def build(self, input_shape):
        channels = self.size_along(input_shape, self.axis)
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups or channels % self.groups:
            raise ArgumentError(
                f"The groups of '{self.name}' do not divide the channels.",
                got=f"groups={self.groups}, {channels} channels",
                expected="a divisor of the channels",
                fix=f"groups={math.gcd(channels, self.groups)}",
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self.add_scale_and_offset((channels,))

    def call(self, inputs):
        x = widened(inputs)
        axis = self.axis % x.ndim
        gamma, beta = (None if w is None else w.value.to(x.dtype) for w in (self.gamma, self.beta))
        if gamma is None and beta is not None:
            gamma = torch.ones_like(beta)  # PyTorch's kernel has no gradient for an offset alone
        y = F.group_norm(x.movedim(axis, 1), self.groups, gamma, beta, self.epsilon).movedim(1, axis)
        return y.to(to_torch(self.compute_dtype))

    def links(self):
        ndim = self.input_spec.ndim - 1
        channels = self.axis if self.axis < 0 else self.axis - 1
        rules = {axis: Whole() for axis in range(ndim)}
        rules[channels % ndim] = Whole(self.groups)
        return Along(rules)


class UnitNormalization(Normalizing):
    """Each sample with length 1 (the root of the sum of squares) along `axis`.

    Source: keras.layers.UnitNormalization, Keras 3.15.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        self.check_axis()
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        squares = inputs.square().sum(dim=self.axes_of(inputs.shape), keepdim=True)
        return inputs * torch.rsqrt(squares.clamp_min(1e-12))

    def links(self):
        return mix_without_batch(self.axis)


class RMSNormalization(Normalizing):
    """Each sample divided by the root of its mean square along `axis`, then scaled.

    Shapes:
        scale  the sizes of the normalized axes

    Source: Zhang and Sennrich 2019, arXiv 1910.07467; keras.layers.RMSNormalization, Keras 3.15.
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        self.check_axis()

    def build(self, input_shape):
        at = sorted(self.axes_of(input_shape))
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.scale = self.add_weight(tuple(self.size_along(input_shape, axis) for axis in at), "ones", name="scale")

    def call(self, x):
        wide = widened(x)
        axes = sorted(self.axes_of(x.shape))
        y = wide * torch.rsqrt(wide.square().mean(dim=axes, keepdim=True) + self.epsilon)
        return (y * along(self.scale, axes, x.ndim, y.dtype)).to(x.dtype)

    def links(self):
        return mix_without_batch(self.axis)
