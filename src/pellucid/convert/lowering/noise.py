"""Layers that draw numbers in training, lowered; in use they give back what they get.

Below:  site.py.
"""

from __future__ import annotations

import math

from pellucid.convert.flow import Value
from pellucid.convert.lowering.site import Site


def dropout(site: Site, layer, x: Value) -> Value:
    """Dropout."""
    if layer.noise_shape is not None:
        raise site.refuse(
            "PyTorch's dropout has no shape of its own", got=f"noise_shape={layer.noise_shape}", fix="noise_shape=None"
        )
    return site.emit("dropout", x, rate=float(layer.rate), style="each")


def spatial_dropout(site: Site, layer, x: Value) -> Value:
    """SpatialDropout1D to 3D: whole channels, which PyTorch has on axis 1."""
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    if last:
        x = site.permute(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))
    y = site.emit("dropout", x, rate=float(layer.rate), style="channels")
    return site.permute(y, (0, *range(2, x.ndim), 1)) if last else y


def alpha_dropout(site: Site, layer, x: Value) -> Value:
    """AlphaDropout."""
    if layer.noise_shape is not None:
        raise site.refuse("PyTorch's dropout has no shape of its own", got=f"noise_shape={layer.noise_shape}")
    return site.emit("dropout", x, rate=float(layer.rate), style="alpha")


def gaussian_noise(site: Site, layer, x: Value) -> Value:
    """GaussianNoise."""
    return site.emit("noise", x, deviation=float(layer.stddev), style="added")


def gaussian_dropout(site: Site, layer, x: Value) -> Value:
    """GaussianDropout."""
    deviation = math.sqrt(layer.rate / (1 - layer.rate)) if layer.rate < 1 else 0.0
    return site.emit("noise", x, deviation=deviation, style="multiplied")
