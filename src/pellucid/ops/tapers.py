"""Tapers: weights that fade a signal out towards the ends of a window, for spectra.

Below: graph/scopes.py says on which device.
Source: numpy.bartlett, blackman, hamming, hanning, kaiser.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentTypeError
from pellucid.graph.scopes import current_device
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor


def bartlett(x):
    """The triangle of `x` weights."""
    return _taper("bartlett", x)


def blackman(x):
    """Blackman's sum of three cosines, `x` weights."""
    return _taper("blackman", x)


def hamming(x):
    """Hamming's raised cosine, `x` weights."""
    return _taper("hamming", x)


def hanning(x):
    """Hann's cosine, `x` weights, 0 at both ends."""
    return _taper("hann", x)


def kaiser(x, beta):
    """Kaiser's window of `x` weights; the larger `beta`, the narrower."""
    return _taper("kaiser", x, beta=float(beta))


def _taper(name, count, **how):
    if isinstance(count, KerasTensor) or tensor(count).ndim or count != int(count):
        raise ArgumentTypeError("A taper's length is one whole number.", got=repr(count), fix="ops.hanning(10)")
    window = getattr(torch.signal.windows, name)
    return window(int(count), dtype=to_torch(settings.floatx()), device=current_device(), **how)
