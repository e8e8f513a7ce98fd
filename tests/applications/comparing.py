"""What is compared of a network built here and the same one built by Keras."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import torch

import pellucid


def both(application: str, **kwargs) -> tuple:
    """Keras's network and ours, each with names counted from the start and weights of its own."""
    keras.utils.clear_session()
    pellucid.utils.clear_session()
    kwargs.setdefault("weights", None)
    return getattr(keras.applications, application)(**kwargs), getattr(pellucid.applications, application)(**kwargs)


def rows(model) -> list[tuple]:
    """What a summary tells of each layer: name, class, shape of the output, number of parameters."""
    return [(layer.name, type(layer).__name__, shapes(layer), layer.count_params()) for layer in model.layers]


def shapes(layer) -> list[tuple]:
    return [tuple(one.shape) for one in keras.tree.flatten(layer.output)]


def differences(theirs, ours, path=()) -> Iterator[tuple]:
    """Places where two configs differ, and each has something to say."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in {**theirs, **ours}:
            if not _says_nothing(theirs, ours, key):
                yield from differences(theirs.get(key), ours.get(key), (*path, key))
    elif isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)) and len(theirs) == len(ours):
        for k, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(one, other, (*path, k))
    elif theirs != ours:
        yield path, theirs, ours


def _says_nothing(theirs: dict, ours: dict, key) -> bool:
    """Keys that Keras fills with None, with a class's own name, and with `training` of a call that was none."""
    if key == "registered_name":
        return theirs[key] == theirs["class_name"] and ours[key] is None
    return key not in ours and (theirs[key] is None or (key == "training" and theirs[key] is False))


def draw_weights(model) -> None:
    """Other numbers in all weights, so that no bias, mean or scale is idle; variances stay above 0."""
    draw = np.random.default_rng(0)
    for weight in model.weights:
        value = keras.ops.convert_to_numpy(weight)
        change = draw.uniform(-0.1, 0.1, value.shape)
        weight.assign((value * (1 + change) if value.ndim > 1 else value + change).astype("float32"))


def images(model, samples: int = 2):
    """Images with values 0 to 255; 64x64 where the model takes any size."""
    sizes = [64 if size is None else size for size in model.input_shape[1:]]
    return np.random.default_rng(1).uniform(0, 255, (samples, *sizes)).astype("float32")


def answer(library, model, x) -> np.ndarray:
    with torch.no_grad():
        return library.ops.convert_to_numpy(model(x))
