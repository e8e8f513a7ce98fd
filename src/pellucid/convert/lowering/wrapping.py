"""Layers around a layer, lowered.

Below:  site.py calls the rule of the layer inside.
"""

from __future__ import annotations

from pellucid.convert.flow import Value
from pellucid.convert.lowering.site import Site
from pellucid.layers.core import Activation, Dense
from pellucid.layers.regularization import Dropout

# Layers that treat each step alike as they are.
_STEPWISE = (Dense, Activation, Dropout)


def time_distributed(site: Site, layer, x: Value) -> Value:
    """TimeDistributed: the steps become samples, and steps again."""
    if type(layer.layer) in _STEPWISE:
        return site.call(layer.layer, x)
    steps = x.shape[1]
    if steps is None:
        raise site.refuse("it needs to know how many steps there are", fix="Input(shape=...) with the steps")
    samples = site.emit("merge_steps", x, shape=(None, *x.shape[2:]))
    y = site.call(layer.layer, samples)
    return site.emit("split_steps", y, shape=(None, steps, *y.shape[1:]), steps=steps)


def spectral_normalization(site: Site, layer, x: Value) -> Value:
    """SpectralNormalization: in use it is the layer inside."""
    return site.call(layer.layer, x)
