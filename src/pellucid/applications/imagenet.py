"""What all applications share: preparing images, naming classes, checking input shapes, finding weights.

Above: vgg16.py and its sisters.
"""

from __future__ import annotations

import json
import os
import pathlib

import numpy as np

from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.symbol import is_symbolic
from pellucid.layers.input import Input
from pellucid.settings import floatx, image_data_format, standardize_data_format

MODES = ("caffe", "tf", "torch")
# Means and deviations of ImageNet's training images: "caffe" in the order blue, green, red.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN, _TORCH_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


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
    if isinstance(x, np.ndarray):
        x = x.astype(floatx() if not np.issubdtype(x.dtype, np.floating) else x.dtype, copy=True)
    if mode == "tf":
        return x / 127.5 - 1.0
    shape = [1, 1, 1]
    shape[channels] = 3
    scale = (_CAFFE_MEAN, (1, 1, 1)) if mode == "caffe" else (_TORCH_MEAN, _TORCH_STD)
    mean, std = (np.reshape(np.array(one, dtype="float32"), shape) for one in scale)
    if mode == "torch":
        return (x / 255.0 - _like(mean, x)) / _like(std, x)
    return _reversed_channels(x, channels) - _like(mean, x)


def _like(array, x):
    if isinstance(x, np.ndarray) or is_symbolic(x):
        return array
    import torch

    return torch.as_tensor(array, dtype=x.dtype, device=x.device)


def _reversed_channels(x, channels: int):
    if isinstance(x, np.ndarray) or is_symbolic(x):
        back = slice(None, None, -1)
        return x[..., back] if channels == -1 else x[..., back, :, :]
    return x.flip(channels)


def decode_predictions(preds, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """For each sample the `top` classes: (WordNet's id, the class's name, its probability).

    Args:
        preds: (samples, 1000) probabilities.

    Raises:
        ShapeError: another shape.
        UnsupportedError: the file with the classes' names is not there.
    """
    preds = np.asarray(preds)
    if preds.ndim != 2 or preds.shape[1] != 1000:
        raise ShapeError("ImageNet has 1000 classes.", got=preds.shape, expected="(samples, 1000)")
    path = cache_folder() / "imagenet_class_index.json"
    if not path.exists():
        raise UnsupportedError("The names of ImageNet's classes are not on this machine.", expected=str(path))
    names = json.loads(path.read_text())
    order = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    return [[(*names[str(k)], float(row[k])) for k in best] for row, best in zip(preds, order, strict=True)]


def cache_folder() -> pathlib.Path:
    """Where Keras keeps downloaded weights."""
    return pathlib.Path(os.environ.get("KERAS_HOME", pathlib.Path.home() / ".keras")) / "models"


def image_input(input_tensor, input_shape, *, default: int, least: int, include_top: bool):
    """The symbolic image that an application begins with.

    Args:
        default: height and width where nothing is said and the top is there.
        least: the smallest height and width.

    Raises:
        ShapeError: no image, too small an image, or another than the top was made for.
    """
    if input_tensor is not None:
        return input_tensor if is_symbolic(input_tensor) else Input(tensor=input_tensor)
    shape = tuple(input_shape) if input_shape else None
    if shape is None:
        side = default if include_top else None
        shape = (side, side, 3) if image_data_format() == "channels_last" else (3, side, side)
    sides = shape[:2] if image_data_format() == "channels_last" else shape[1:]
    if len(shape) != 3 or any(side is not None and side < least for side in sides):
        raise ShapeError(
            "This is no image that the network can take.",
            got=shape,
            expected=f"height and width of {least} or more, and channels",
            fix=f"input_shape=({default}, {default}, 3)",
        )
    if include_top and None in sides:
        raise ShapeError(
            "The top needs a fixed image size.", got=shape, fix="include_top=False, or give height and width"
        )
    return Input(shape=shape)


def load_weights(model, weights, file_name: str) -> None:
    """Give a model published weights, or those of a file.

    Args:
        weights: None for none; "imagenet" for the published file, where Keras keeps it; or a path to a .weights.h5,
            .keras or .h5 file.
        file_name: what the published file is called.

    Raises:
        UnsupportedError: the published file is not on this machine.
        FileError: the file is broken, or of another model.
    """
    if weights is None:
        return
    path = cache_folder() / file_name if weights == "imagenet" else pathlib.Path(weights)
    if weights == "imagenet" and not path.exists():
        raise UnsupportedError(
            "The published weights are not on this machine, and Pellucid downloads nothing by itself.",
            got=f"weights={weights!r}",
            expected=str(path),
            fix="weights=None, or put the file there",
        )
    model.load_weights(path)
