"""Initializers that draw from one distribution, whatever the shape; and random orthogonal matrices."""

from __future__ import annotations

import math

import torch

from pellucid import random
from pellucid.dtypes import to_torch
from pellucid.errors import ShapeError
from pellucid.initializers.base import RandomInitializer


class _AroundMean(RandomInitializer):
    """The parent of normal distributions: how far values lie from `mean`, `stddev` says."""

    arguments = ("mean", "stddev")

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev


class RandomNormal(_AroundMean):
    """Values around `mean`, normally distributed."""

    def __call__(self, shape, dtype=None):
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)


class TruncatedNormal(_AroundMean):
    """Values around `mean`, normally distributed, and none further off than twice `stddev`."""

    def __call__(self, shape, dtype=None):
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(RandomInitializer):
    """Values from `minval` up to, and without, `maxval`, all equally likely."""

    arguments = ("minval", "maxval")

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape, dtype=None):
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)


class Orthogonal(RandomInitializer):
    """A random matrix whose rows, or columns if they are fewer, are orthogonal and of length `gain`.

    All axes but the last count as the rows.

    Raises:
        ShapeError: fewer than two axes.

    Source: Saxe et al. 2014, arXiv 1312.6120.
    """

    arguments = ("gain",)

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ShapeError("Only a matrix can be orthogonal.", got=tuple(shape), expected="2 axes or more")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        # PyTorch decomposes no 16-bit matrices.
        drawn_dtype = "float64" if to_torch(dtype) is torch.float64 else "float32"
        drawn = random.normal((max(rows, columns), min(rows, columns)), dtype=drawn_dtype, seed=self.seed)
        q, r = torch.linalg.qr(drawn)
        q = q * r.diagonal().sign()  # without this, not all orthogonal matrices would be equally likely
        if rows < columns:
            q = q.T
        return (self.gain * q.reshape(tuple(shape))).to(to_torch(dtype))


random_normal = RandomNormal
truncated_normal = TruncatedNormal
random_uniform = RandomUniform
orthogonal = OrthogonalInitializer = Orthogonal
