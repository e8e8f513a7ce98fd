"""Dense, embeddings, normalizations and PReLU raised.

Below:  place.py.
"""

from __future__ import annotations

import torch

from pellucid import layers
from pellucid.convert.raising.place import Place


def linear(place: Place, x):
    """Dense."""
    weight = place.weight("weight")

    def make(name):
        return layers.Dense(weight.shape[0], use_bias="bias" in place.op.weights, name=name)

    def weights(layer):
        yield layer.kernel, weight.T, "weight", "out in -> in out", ""
        if layer.bias is not None:
            yield layer.bias, place.weight("bias"), "bias", "out", ""

    return place.owned(make, weights)(x)


def embedding(place: Place, x):
    """Embedding."""
    table = place.weight("weight")

    def weights(layer):
        yield layer.embeddings, table, "weight", "in out", ""

    return place.owned(lambda name: layers.Embedding(*table.shape, name=name), weights)(x)


def _scale_and_offset(place: Place, layer):
    for variable, word in ((layer.gamma, "weight"), (layer.beta, "bias")):
        if variable is not None:
            yield variable, place.weight(word), word, "", ""


def batch_norm(place: Place, x):
    """BatchNormalization: the momentum is the share that is kept."""

    def make(name):
        return layers.BatchNormalization(
            axis=1, momentum=round(1 - place.settings["momentum"], 12), epsilon=place.settings["epsilon"],
            scale="weight" in place.op.weights, center="bias" in place.op.weights, name=name,
        )  # fmt: skip

    def weights(layer):
        yield from _scale_and_offset(place, layer)
        yield layer.moving_mean, place.weight("running_mean"), "running_mean", "", ""
        yield layer.moving_variance, place.weight("running_var"), "running_var", "", ""

    return place.owned(make, weights)(x)


def layer_norm(place: Place, x):
    """LayerNormalization over the last axes."""
    count = len(place.settings["sizes"])

    def make(name):
        return layers.LayerNormalization(
            axis=list(range(-count, 0)), epsilon=place.settings["epsilon"], scale="weight" in place.op.weights,
            center="bias" in place.op.weights, name=name,
        )  # fmt: skip

    return place.owned(make, lambda layer: _scale_and_offset(place, layer))(x)


def group_norm(place: Place, x):
    """GroupNormalization."""

    def make(name):
        return layers.GroupNormalization(
            place.settings["groups"], axis=1, epsilon=place.settings["epsilon"], scale="weight" in place.op.weights,
            center="bias" in place.op.weights, name=name,
        )  # fmt: skip

    return place.owned(make, lambda layer: _scale_and_offset(place, layer))(x)


def rms_norm(place: Place, x):
    """RMSNormalization; without a weight its scale is 1, and stays."""
    count, sizes = len(place.settings["sizes"]), place.settings["sizes"]

    def make(name):
        return layers.RMSNormalization(axis=list(range(-count, 0)), epsilon=place.settings["epsilon"], name=name)

    def weights(layer):
        has = "weight" in place.op.weights
        yield layer.scale, place.weight("weight") if has else torch.ones(sizes), "weight", "", ""

    return place.owned(make, weights)(x)


def prelu(place: Place, x):
    """PReLU: axes on which the slope has size 1 are shared."""
    slope = place.weight("weight")
    whole = slope.reshape((1,) * (len(x.shape) - 1 - slope.ndim) + tuple(slope.shape))
    shared = [axis for axis, size in enumerate(whole.shape, start=1) if size == 1 and x.shape[axis] != 1]

    def weights(layer):
        yield layer.alpha, whole, "weight", "", ""

    return place.owned(lambda name: layers.PReLU(shared_axes=shared or None, name=name), weights)(x)
