"""Layers that only act in training: dropout of several kinds, noise; and penalties on activity.

Below:  random/ draws; links.py: each value depends on itself alone.
"""

from __future__ import annotations

import functools
import math

from pellucid import random, regularizers
from pellucid.errors import ArgumentError
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Same
from pellucid.ops.pieces import Recorded
from pellucid.random.seed import SeedGenerator
from pellucid.settings import standardize_data_format


class Noisy(Described):
    """The parent: draws in training, and gives the input back otherwise.

    A sister says in `noisy` what it does in training.
    """

    level = "rate"  # the argument that says how much; 0 does nothing
    most = 1.0

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.supports_masking = True

    def begin(self, arguments):
        """Keep and check the arguments of `__init__`."""
        self.keep({name: value for name, value in arguments.items() if name not in ("name", "dtype")})
        value = getattr(self, self.level)
        if not isinstance(value, (int, float)) or not 0 <= value <= self.most:
            limit = f"0 to {self.most:g}" if math.isfinite(self.most) else "0 or more"
            raise ArgumentError(
                f"`{self.level}` of {type(self).__name__} is out of range.", got=repr(value), expected=limit
            )
        if value > 0:
            self.seed_generator = SeedGenerator(self.seed)
        self._build_at_init()

    def call(self, inputs, training=False):
        if training and getattr(self, self.level) > 0:
            return self.noisy(inputs)
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def links(self):
        return Same()


class Dropout(Noisy):
    """Sets a share of the values to 0 in training, and divides the others by what is left.

    Args:
        rate: the share, 0 to 1.
        noise_shape: the shape of the pattern, which is broadcast; None for the input's; sizes may be None.
        seed: a whole number or SeedGenerator.

    Source: Srivastava et al. 2014; keras.layers.Dropout, Keras 3.15.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.begin(locals())
        self.noise_shape = _checked_noise_shape(noise_shape)

    def pieces(self):
        return [Recorded(functools.partial(self.call, training=True))]

    def noisy(self, x):
        return random.dropout(x, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)


def _checked_noise_shape(shape):
    if shape is None:
        return None
    sizes = () if isinstance(shape, str) or not hasattr(shape, "__iter__") else tuple(shape)
    if not sizes or not all(size is None or (isinstance(size, int) and size > 0) for size in sizes):
        raise ArgumentError(
            "`noise_shape` is a shape.", got=repr(shape), expected="positive ints and Nones, as (None, 1, 3)"
        )
    return sizes


class SpatialDropout(Noisy):
    """Drops whole channels: the same pattern at every place. The parent of the three ranks.

    Source: Tompson et al. 2014, arXiv 1411.4280; keras.layers.SpatialDropout1D to 3D, Keras 3.15.
    """

    rank: int

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(seed=seed, name=name, dtype=dtype)
        self.begin({"rate": rate, "seed": seed, "data_format": standardize_data_format(data_format)})
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def noisy(self, x):
        ones = (1,) * self.rank
        last = self.data_format == "channels_last"
        shape = (x.shape[0], *ones, x.shape[-1]) if last else (*x.shape[:2], *ones)
        return random.dropout(x, self.rate, noise_shape=shape, seed=self.seed_generator)

    def get_config(self):
        config = super().get_config()
        words = ("name", "dtype", "rate", "seed", *(("data_format",) if self.rank > 1 else ()))
        return {word: config[word] for word in words}


class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of (batch, steps, channels). See SpatialDropout."""

    rank = 1

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(rate, "channels_last", seed=seed, name=name, dtype=dtype)


class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of images. See SpatialDropout."""

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of volumes. See SpatialDropout."""

    rank = 3


class AlphaDropout(Noisy):
    """Dropout that keeps mean and variance, for networks of SELUs: dropped values get SELU's lowest.

    Source: Klambauer et al. 2017, arXiv 1706.02515; keras.layers.AlphaDropout, Keras 3.15.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.begin(locals())

    def noisy(self, x):
        lowest = -1.7580993408473766  # minus SELU's alpha times its scale
        shape = [x.shape[k] if size is None else size for k, size in enumerate(self.noise_shape or (None,) * x.ndim)]
        keep = (random.uniform(shape, seed=self.seed_generator) >= self.rate).to(x.dtype)
        a = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        return a * (x * keep + lowest * (1 - keep)) - a * lowest * self.rate


class GaussianDropout(Noisy):
    """Multiplies by noise of mean 1 and standard deviation ``sqrt(rate / (1 - rate))`` in training.

    Source: Srivastava et al. 2014; keras.layers.GaussianDropout, Keras 3.15.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.begin(locals())

    def noisy(self, x):
        stddev = math.sqrt(self.rate / (1 - self.rate))
        return x * random.normal(tuple(x.shape), 1.0, stddev, dtype=self.compute_dtype, seed=self.seed_generator)


class GaussianNoise(Noisy):
    """Adds noise of mean 0 in training.

    Source: keras.layers.GaussianNoise, Keras 3.15.
    """

    level = "stddev"

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.begin(locals())

    def noisy(self, x):
        return x + random.normal(tuple(x.shape), 0.0, self.stddev, dtype=self.compute_dtype, seed=self.seed_generator)


class ActivityRegularization(Described):
    """Adds a penalty on its input to the loss, and gives the input back.

    Args:
        l1, l2: factors of the sum of magnitudes and of squares.

    Source: keras.layers.ActivityRegularization, Keras 3.15.
    """

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.keep(locals())
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config

    def links(self):
        return Same()
