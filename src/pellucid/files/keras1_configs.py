"""Layers of Keras 1 in the words of Keras 2: one table of keys, one of classes, and the few that need more.

Below: entries.py.
Above: ages.py.

Source: Keras 1.2.2; keras/legacy/interfaces.py of Keras 2.2.4 for what became what.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from pellucid.files.entries import entry, gone, take

_CLASSES = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
}
_GONE = {
    "MaxoutDense": "Dense of units * nb_feature, Reshape, and a maximum",
    "Highway": "Dense layers, Multiply and Add",
    "SReLU": "a layer of your own",
    "ParametricSoftplus": "a layer of your own",
    "Graph": "a file saved by Keras 1.2 or later",
}
_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}
_KEYS = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "stride": "strides",
    "pool_length": "pool_size",
    "length": "size",
    "atrous_rate": "dilation_rate",
    "dim_ordering": "data_format",
    "bias": "use_bias",
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "p": "rate",
    "sigma": "stddev",
}
_KEYS_OF = {
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
        "output_dim": "output_dim",
    },
    "PReLU": {"init": "alpha_initializer"},
    "ActivityRegularization": {},
}
# Said by Keras 1 and without effect: what a layer's input looks like (the model knows it), and how a loop is computed.
_SILENT = ("input_length", "input_dtype", "consume_less", "cache_enabled", "custom_name", "create_input_layer")
# Layers of images that never wrote their `dim_ordering`.
_SILENT_ABOUT_ORDER = {f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for rank in (2, 3)}
_SILENT_ABOUT_ORDER |= {f"SpatialDropout{rank}D" for rank in (2, 3)}
_KERNEL = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
_ORDERS = {"th": "channels_first", "tf": "channels_last", "default": None}
_INITIALIZERS = {"uniform": "random_uniform", "normal": "random_normal", "zero": "zeros", "one": "ones"}


# Every key that only Keras 1 said, and what became of it.
WORDS = {
    **_KEYS,
    **{word: "kernel_size" for words in _KERNEL for word in words},
    "forget_bias_init": "unit_forget_bias",
    **dict.fromkeys(_SILENT, None),
}


def order_of_images(config) -> str | None:
    """The `dim_ordering` that all layers of a model share, for those that did not write theirs; None if there is none."""
    found = set(_orders(config)) & set(_ORDERS) - {"default"}
    return found.pop() if len(found) == 1 else None


def _orders(config) -> Iterator[str]:
    if isinstance(config, dict) and isinstance(config.get("dim_ordering"), str):
        yield config["dim_ordering"]
    for item in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from _orders(item)


def in_words_of_keras_2(given: dict, path, order: str | None) -> dict:
    """One entry, its class and its keys renamed.

    Args:
        order: the `dim_ordering` of layers that do not say theirs.

    Raises:
        FileError: a layer, or a setting of one, that is gone.
    """
    name = given["class_name"]
    if name in _GONE:
        raise gone(name, path, _GONE[name])
    if name == "Merge":
        return {**given, **_merge(given["config"], path)}
    config = dict(given["config"])
    name = _CLASSES.get(name, name)
    if name in _SILENT_ABOUT_ORDER and order is not None:
        config.setdefault("dim_ordering", order)
    _drop(name, config, path)
    _join(name, config)
    keys = {**_KEYS, **_KEYS_OF.get(name, {})}
    return {
        **given,
        "class_name": name,
        "config": {keys.get(key, key): _value(key, value, path) for key, value in config.items()},
    }


def _drop(name: str, config: dict, path):
    """Keys that go away, or stop the load."""
    for key in _SILENT if name != "InputLayer" else ():
        config.pop(key, None)
    if name == "InputLayer":
        config["dtype"] = config.pop("input_dtype", "float32")
    elif name != "Embedding":
        config.pop("input_dim", None)
    if name == "Conv2DTranspose":
        config.pop("output_shape", None)  # what its strides and padding say anyway
    if name == "BatchNormalization":
        take(config, "mode", (0,), path)
    if name == "Embedding" and config.pop("dropout", None):
        warnings.warn(
            f"'{'/'.join(path)}': words were dropped in training; put a SpatialDropout1D behind the Embedding for that.",
            stacklevel=2,
        )


def _join(name: str, config: dict):
    """Keys that become one, or two."""
    for words in _KERNEL:
        if all(word in config for word in words):
            config["kernel_size"] = [config.pop(word) for word in words]
    if "forget_bias_init" in config:
        config["unit_forget_bias"] = config.pop("forget_bias_init") == "one"
    if name == "SeparableConv2D" and "init" in config:
        config["depthwise_initializer"] = config["pointwise_initializer"] = _initializer(config.pop("init"))
    if name == "ZeroPadding2D" and isinstance(config.get("padding"), dict):
        pads = config["padding"]
        sides = [[pads.get(f"{side}_pad", 0) for side in pair] for pair in (("top", "bottom"), ("left", "right"))]
        config["padding"] = sides


def _value(key: str, value, path):
    if key == "dim_ordering":
        return _ORDERS.get(value, value)
    if key in ("init", "inner_init", "beta_init", "gamma_init"):
        return _initializer(value)
    if key.endswith("_regularizer") and isinstance(value, dict) and "name" in value:
        return _regularizer(value, path)
    if key.endswith("_constraint") and isinstance(value, dict) and "name" in value:
        words = {"max_value" if word == "m" else word: fact for word, fact in value.items() if word != "name"}
        return entry(value["name"], **words)
    return value


def _initializer(value):
    return _INITIALIZERS.get(value, value) if isinstance(value, str) else value


def _regularizer(value: dict, path) -> dict:
    if value["name"] == "EigenvalueRegularizer":
        raise gone(value["name"], path, "L1, L2 or L1L2")
    return entry("L1L2", l1=value.get("l1", 0.0), l2=value.get("l2", 0.0))


def _merge(config: dict, path) -> dict:
    """A Merge layer as the layer that does the same."""
    mode = config.get("mode")
    if mode not in _MERGES:
        raise gone("Merge", path, f"one of the modes {', '.join(_MERGES)}, not {mode!r}"[:200])
    words = {}
    if mode == "concat":
        words["axis"] = config.get("concat_axis", -1)
    elif mode in ("dot", "cos"):
        words = {"axes": config.get("dot_axes", -1), "normalize": mode == "cos"}
    return entry(_MERGES[mode], name=config.get("name"), **words)
