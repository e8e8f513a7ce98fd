"""Layers of Keras 2 and tf.keras in the words of Keras 3: keys renamed, without effect, and gone.

Below: entries.py.
Above: ages.py.

Source: Keras 2.2.4, tf_keras 2.21 and their differences from Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Container

from pellucid.errors import FileError
from pellucid.files.entries import gone, is_entry, take

_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "ThresholdedReLU": "ReLU",
    "GlorotNormalV2": "GlorotNormal",
    "GlorotUniformV2": "GlorotUniform",
    "OnesV2": "Ones",
    "RandomNormalV2": "RandomNormal",
    "RandomUniformV2": "RandomUniform",
    "TruncatedNormalV2": "TruncatedNormal",
    "VarianceScalingV2": "VarianceScaling",
    "ZerosV2": "Zeros",
    "Policy": "DTypePolicy",
    "PolicyV1": "DTypePolicy",
}
_GONE = {
    "LocallyConnected1D": "a layer of your own, or Conv1D where weights may be shared",
    "LocallyConnected2D": "a layer of your own, or Conv2D where weights may be shared",
}
_KEYS = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ReLU": {"theta": "threshold"},
}
# What some layers had and none has: a key, and the values at which nothing changes. Of any layer, then of some.
_HARMLESS: dict[str, tuple] = {
    "time_major": (False, None),
    "ragged": (False, None),
    "return_runtime": (False, None),
    "num_constants": (0, None),
}
_HARMLESS_OF: dict[str, dict[str, tuple]] = {
    "BatchNormalization": {
        "renorm": (False, None),
        "renorm_clipping": ({}, None),
        "virtual_batch_size": (None,),
        "adjustment": (None,),
    },
    "Conv2DTranspose": {"groups": (1,)},
    "Conv3DTranspose": {"groups": (1,)},
    "Conv1DTranspose": {"groups": (1,)},
    "DepthwiseConv1D": {"groups": (1,)},
    "DepthwiseConv2D": {"groups": (1,)},
    "SeparableConv1D": {"groups": (1,)},
    "SeparableConv2D": {"groups": (1,)},
    "Attention": {"causal": (False, None)},
    "AdditiveAttention": {"causal": (False, None)},
    "MultiHeadAttention": {"softmax_robust_masking": (False, None)},
}
# Keys that never change a number: how a loop or a kernel is computed, and shapes that the model knows anyway.
_SILENT = ("implementation", "input_length", "experimental_autocast", "_keras_api_names")
_SILENT_OF = {
    "BatchNormalization": ("fused", "renorm_momentum"),
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
    **{f"SpatialDropout{rank}D": ("trainable", "noise_shape") for rank in (1, 2, 3)},
    # Convolutions by channel say theirs under other names.
    "DepthwiseConv1D": ("filters", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "DepthwiseConv2D": ("filters", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "SeparableConv1D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "SeparableConv2D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint"),
}
_INITIALIZERS = {
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform",
    "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
}  # fmt: skip
# 0.2 * x + 0.5 in Keras 1 and 2, x / 6 + 0.5 in Keras 3.
_ACTIVATIONS = {"hard_sigmoid": "hard_sigmoid_of_keras_2"}


def in_words_of_keras_3(given: dict, path, known: Container[str]) -> dict:
    """One entry of a built-in class.

    Raises:
        FileError: a layer, or a setting of one, that is gone.
    """
    saved_as = given["class_name"]
    if saved_as in _GONE:
        raise gone(saved_as, path, _GONE[saved_as])
    name = _CLASSES.get(saved_as.removeprefix("Custom>"), saved_as.removeprefix("Custom>"))
    config = dict(given["config"])
    if name == "Lambda":
        config = _function_of(config, path, known)
    for key in (*_SILENT, *_SILENT_OF.get(name, ())):
        config.pop(key, None)
    for key, harmless in {**_HARMLESS, **_HARMLESS_OF.get(name, {})}.items():
        if name != "InputLayer":
            take(config, key, harmless, path)
    if name in _INITIALIZERS:
        config.pop("dtype", None)
        config.pop("partitioner", None)
        if config.get("distribution") == "normal":
            config["distribution"] = "truncated_normal"
    _say_defaults(saved_as, name, config)
    keys = _KEYS.get(name, {})
    config = {keys.get(key, key): _value(name, key, value) for key, value in config.items()}
    # Calls build what is built in, by the words that its `build` has today.
    rest = {key: value for key, value in _of_no_module(given, name).items() if key != "build_config"}
    return {**rest, "class_name": name, "config": config}


def of_any_class(given: dict, path) -> dict:
    """What is said in the same way for the caller's own layers: the input's shape, and dtypes."""
    config = dict(given["config"])
    shape = config.pop("batch_input_shape", None)
    if given["class_name"] == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    dtype = config.get("dtype", {})
    if is_entry(dtype) and dtype["class_name"] in ("Policy", "PolicyV1"):
        config["dtype"] = dtype["config"]["name"]
    return {**given, "config": config}


def _of_no_module(given: dict, name: str) -> dict:
    """Without the modules of other packages, by which the name would not be looked up here."""
    module, registered = given.get("module") or "", given.get("registered_name")
    foreign = not module.startswith("keras.") or module.startswith(("keras.src", "keras.engine", "keras.mixed"))
    if registered not in (None, given["class_name"], name, f"Custom>{name}") or not foreign:
        return given
    return {key: value for key, value in given.items() if key not in ("module", "registered_name")}


def _say_defaults(saved_as: str, name: str, config: dict):
    """What a class of that name did without being told."""
    if saved_as.startswith("CuDNN"):
        config["recurrent_activation"] = "sigmoid"
    if name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", saved_as == "CuDNNGRU")
    if name in ("LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D"):
        config.setdefault("recurrent_activation", "hard_sigmoid")
    if saved_as == "SyncBatchNormalization":
        config["synchronized"] = True


def _value(name: str, key: str, value):
    if key == "axis" and name == "BatchNormalization" and isinstance(value, list) and len(value) == 1:
        return value[0]
    if key == "activation" or key.endswith("_activation"):
        if is_entry(value) and value["class_name"] == "function":
            value = value["config"]
        return _ACTIVATIONS.get(value, value) if isinstance(value, str) else value
    return value


def _function_of(config: dict, path, known: Container[str]) -> dict:
    """A Lambda's function by its name, or by the layer's where the file holds nothing but code.

    Raises:
        FileError: the function is not among the caller's; code from a file is never run.
    """
    config = {key: value for key, value in config.items() if key not in ("function_type", "module")}
    for word in ("function", "output_shape", "mask"):
        config.pop(f"{word}_type", None)
        config.pop(f"{word}_module", None)
        value = config.get(word)
        is_code = isinstance(value, list) and bool(value) and isinstance(value[0], str)
        if not is_code and not (word == "function" and isinstance(value, str)):
            continue
        name = str(config.get("name")) if is_code else value
        if word != "function":
            config.pop(word)  # the function's own output tells
        elif name in known:
            config[word] = {"class_name": "function", "config": name, "module": None, "registered_name": name}
        else:
            raise FileError(
                f"The function of the Lambda layer '{config.get('name')}' is not known here"
                + (": the file holds its bytecode, which is never run." if is_code else "."),
                got="bytecode" if is_code else repr(name),
                where="/".join(path),
                fix=f'load_model(path, custom_objects={{"{name}": your_function}})',
            )
    return config
