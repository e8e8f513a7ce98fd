"""Images as networks trained on ImageNet want them, and the names of ImageNet's 1000 classes.

Below:  published.py says where Keras keeps the file with the names.
Above:  each family's module has both functions, the first in the family's own mode.
"""

from __future__ import annotations

import json

import numpy as np
import torch

from pellucid.applications.published import Published
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import is_symbolic
from pellucid.graph.values import convert_to_numpy
from pellucid.ops.core import cast
from pellucid.settings import floatx, standardize_data_format

__all__ = ["decode_predictions", "preprocess_input"]

MODES = ("caffe", "tf", "torch")
# Means and deviations of ImageNet's training images: "caffe" in the order blue, green, red.
CAFFE_MEAN = (103.939, 116.779, 123.68)
TORCH_MEAN, TORCH_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSES = 1000
CLASS_NAMES = Published(
    "imagenet_class_index.json", "/download.tensorflow.org/data", ("c2c37ea517e94d9795004a39431a14cb",)
)


def preprocess_input(x, data_format: str | None = None, mode: str = "caffe"):
    """Images with values 0 to 255, as networks trained on ImageNet want them; what is given stays as it is.

    Args:
        x: (..., height, width, 3) or (..., 3, height, width), an array or tensor.
        mode: "caffe" (blue, green, red; less the mean), "tf" (-1 to 1) or "torch" (0 to 1, less the mean, by the deviation).

    Raises:
        ArgumentError: another mode.
    """
    if mode not in MODES:
        raise ArgumentError("Unknown `mode`.", got=repr(mode), expected=", ".join(map(repr, MODES)))
    channels = -1 if standardize_data_format(data_format) == "channels_last" else -3
    x = _floats(x)
    if mode == "tf":
        return x / 127.5 - 1.0
    if mode == "torch":
        return (x / 255.0 - _of_channels(TORCH_MEAN, channels, x)) / _of_channels(TORCH_STD, channels, x)
    return _reversed_channels(x, channels) - _of_channels(CAFFE_MEAN, channels, x)


def preprocessing(module: str, mode: str | None):
    """A family's `preprocess_input`; without a mode images stay as they are, since the network begins with that itself."""

    def preprocess(x, data_format=None):
        return x if mode is None else preprocess_input(x, data_format=data_format, mode=mode)

    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__module__ = module
    told = "They stay as they are" if mode is None else f"`imagenet_utils.preprocess_input` with mode={mode!r}"
    preprocess.__doc__ = f"Images with values 0 to 255, as this family wants them. {told}."
    return preprocess


def _floats(x):
    if is_symbolic(x) or isinstance(x, torch.Tensor):
        is_float = x.dtype.is_floating_point if isinstance(x, torch.Tensor) else "float" in x.dtype
        return x if is_float else cast(x, floatx())
    x = np.asarray(x)
    return x if np.issubdtype(x.dtype, np.floating) else x.astype(floatx())


def _of_channels(numbers, channels: int, x):
    """One number a channel, as the values of `x` can be reckoned with."""
    array = np.reshape(np.array(numbers), (3,) if channels == -1 else (3, 1, 1))
    if isinstance(x, torch.Tensor):
        return torch.as_tensor(array, dtype=x.dtype, device=x.device)
    return array.astype(x.dtype)


def _reversed_channels(x, channels: int):
    if isinstance(x, torch.Tensor):
        return x.flip(channels)
    back = slice(None, None, -1)
    return x[..., back] if channels == -1 else x[..., back, :, :]


def decode_predictions(preds, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """For each sample the `top` classes: (WordNet's id, the class's name, its probability).

    Args:
        preds: (samples, 1000) probabilities.

    Raises:
        ShapeError: another shape.
        MissingFileError: the file with the classes' names is not there.
    """
    preds = convert_to_numpy(preds)
    if preds.ndim != 2 or preds.shape[1] != CLASSES:
        raise ShapeError("ImageNet has 1000 classes.", got=preds.shape, expected="(samples, 1000)")
    names = json.loads(CLASS_NAMES.path().read_text("utf-8"))
    order = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    return [[(*names[str(k)], float(row[k])) for k in best] for row, best in zip(preds, order, strict=True)]
