"""Initializers that keep the spread of values alike from layer to layer: Glorot, He, Lecun.

Axes: the last two axes of a kernel are (in, out), those before them its window.
"""

from __future__ import annotations

import math

from pellucid import random
from pellucid.errors import ArgumentError
from pellucid.initializers.base import RandomInitializer

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")
# The standard deviation of a normal distribution of width 1 that is cut off at -2 and 2.
_CUT_STDDEV = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Values around 0 with a variance of ``scale / fan``.

    Args:
        mode: which numbers of units `fan` is: those that lead into one unit, those that one leads to, or their mean.
        distribution: ``"uniform"``, ``"truncated_normal"`` (also called ``"normal"``), or ``"untruncated_normal"``.
        input_axes, output_axes: the axes over which units are counted; None takes the last two and the window.

    Raises:
        ArgumentError: `scale` is not above 0, or `mode` or `distribution` is unknown.
    """

    arguments: tuple[str, ...] = ("scale", "mode", "distribution", "input_axes", "output_axes")

    def __init__(
        self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None, input_axes=None, output_axes=None
    ):
        super().__init__(seed)
        if scale <= 0:
            raise ArgumentError("`scale` is above 0.", got=scale, fix="scale=1.0")
        if mode not in MODES:
            raise ArgumentError("`mode` tells which units are counted.", got=repr(mode), expected=", ".join(MODES))
        distribution = distribution.lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if distribution not in DISTRIBUTIONS:
            raise ArgumentError("Unknown `distribution`.", got=repr(distribution), expected=", ".join(DISTRIBUTIONS))
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, fan))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return random.uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, stddev, dtype, self.seed)
        return random.truncated_normal(shape, 0.0, stddev / _CUT_STDDEV, dtype, self.seed)


def compute_fans(shape, input_axes=None, output_axes=None) -> tuple[int, int]:
    """How many units lead into one unit of a kernel, and to how many units one leads.

    ``compute_fans((3, 3, 16, 32))`` is ``(144, 288)``.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return (math.prod(shape),) * 2
    *window, channels_in, channels_out = shape
    return math.prod(window) * channels_in, math.prod(window) * channels_out


class _NamedScaling(VarianceScaling):
    """The parent of those that have a name of their own: a subclass gives `rule`, (scale, mode, distribution)."""

    rule: tuple[float, str, str]
    arguments = ("input_axes", "output_axes")

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self.rule, seed=seed, input_axes=input_axes, output_axes=output_axes)


class GlorotUniform(_NamedScaling):
    """Evenly within ``+-sqrt(6 / (fan_in + fan_out))``. Source: Glorot and Bengio 2010."""

    rule = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Normally with a variance of ``2 / (fan_in + fan_out)``. Source: Glorot and Bengio 2010."""

    rule = (1.0, "fan_avg", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Evenly within ``+-sqrt(3 / fan_in)``. Source: LeCun et al. 1998."""

    rule = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Normally with a variance of ``1 / fan_in``. Source: Klambauer et al. 2017, arXiv 1706.02515."""

    rule = (1.0, "fan_in", "truncated_normal")


class HeUniform(_NamedScaling):
    """Evenly within ``+-sqrt(6 / fan_in)``. Source: He et al. 2015, arXiv 1502.01852."""

    rule = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Normally with a variance of ``2 / fan_in``. Source: He et al. 2015, arXiv 1502.01852."""

    rule = (2.0, "fan_in", "truncated_normal")


variance_scaling = VarianceScaling
glorot_uniform = GlorotUniform
glorot_normal = GlorotNormal
lecun_uniform = LecunUniform
lecun_normal = LecunNormal
he_uniform = HeUniform
he_normal = HeNormal
