"""Paths and names of Keras 1 and 2, each with what it means today: a row for each.

Above: finder.py looks here before it says that there is no such name.
"""

from __future__ import annotations

import pellucid
from pellucid.aliases import old_layers, old_wrappers
from pellucid.errors import UnsupportedError

# A module's path behind `keras.`, and where its names are now; several where they were divided.
MODULES: dict[str, tuple[str, ...]] = {
    **{
        f"layers.{name}": ("layers",)
        for name in (
            "advanced_activations", "attention", "convolutional", "convolutional_recurrent", "core", "cudnn_recurrent",
            "dense_attention", "embeddings", "experimental", "experimental.preprocessing", "local", "merge", "noise",
            "normalization", "pooling", "preprocessing", "recurrent", "reshaping", "regularization", "rnn",
            "serialization", "wrappers", "convolutional_transpose",
        )
    },
    "legacy": ("",),
    "legacy.layers": ("layers",),
    "engine": ("layers", "models"),
    "engine.base_layer": ("layers",),
    "engine.topology": ("layers", "models"),
    "engine.training": ("models",),
    "engine.network": ("models",),
    "engine.input_layer": ("layers",),
    "engine.sequential": ("models",),
    "objectives": ("losses",),
    "backend.tensorflow_backend": ("backend",),
    "backend.common": ("backend",),
    "backend.load_backend": ("backend",),
    "callbacks.callbacks": ("callbacks",),
    "experimental": ("optimizers", "layers"),
    "optimizer_v2": ("optimizers",),
    "optimizers.legacy": ("optimizers",),
    "optimizers.experimental": ("optimizers",),
    "mixed_precision.experimental": ("mixed_precision",),
    "utils.np_utils": ("utils",),
    "utils.data_utils": ("utils",),
    "utils.generic_utils": ("utils",),
    "utils.io_utils": ("utils",),
    "utils.layer_utils": ("utils",),
    "utils.conv_utils": ("utils",),
    "utils.vis_utils": ("utils",),
    "utils.visualize_util": ("utils",),
    "utils.losses_utils": ("losses",),
    "saving.legacy": ("saving",),
    "api": ("",),
    "api.keras": ("",),
    "applications.resnet_v1": ("applications.resnet",),
    "wrappers.scikit_learn": ("wrappers",),
}  # fmt: skip

# By module, a name of old and the name of today, "module.name".
_RENAMED: dict[str, dict[str, str]] = {
    "layers": {
        "AtrousConvolution1D": "layers.Conv1D",
        "Deconvolution3D": "layers.Conv3DTranspose",
        "BatchNormalizationV2": "layers.BatchNormalization",
        "CuDNNGRU": "layers.GRU",
        "CuDNNLSTM": "layers.LSTM",
        "TimeDistributedDense": "layers.Dense",
    },
    "models": {"Container": "models.Model", "Network": "models.Model"},
    "engine": {"Container": "models.Model", "Input": "layers.Input", "InputSpec": "layers.InputSpec"},
    "optimizers": {
        "adadelta": "optimizers.Adadelta",
        "adagrad": "optimizers.Adagrad",
        "adam": "optimizers.Adam",
        "adamax": "optimizers.Adamax",
        "nadam": "optimizers.Nadam",
        "rmsprop": "optimizers.RMSprop",
        "sgd": "optimizers.SGD",
        "adam_v2": "optimizers",
    },
    "losses": {
        "mse": "losses.mean_squared_error",
        "mae": "losses.mean_absolute_error",
        "mape": "losses.mean_absolute_percentage_error",
        "msle": "losses.mean_squared_logarithmic_error",
        "kld": "losses.kl_divergence",
        "kullback_leibler_divergence": "losses.kl_divergence",
        "cosine": "losses.cosine_similarity",
        "cosine_proximity": "losses.cosine_similarity",
        "logcosh": "losses.log_cosh",
        "MSE": "losses.mean_squared_error",
        "MAE": "losses.mean_absolute_error",
        "bce": "losses.binary_crossentropy",
    },
    "initializers": {
        "normal": "initializers.RandomNormal",
        "uniform": "initializers.RandomUniform",
        "zero": "initializers.Zeros",
        "one": "initializers.Ones",
    },
    "constraints": {
        "maxnorm": "constraints.MaxNorm",
        "nonneg": "constraints.NonNeg",
        "unitnorm": "constraints.UnitNorm",
    },
    "regularizers": {"l1l2": "regularizers.L1L2"},
    "utils": {"Sequence": "utils.PyDataset", "plot": "utils.plot_model"},
    "backend": {
        "image_dim_ordering": "backend.image_data_format",
        "set_image_dim_ordering": "backend.set_image_data_format",
    },
}
_RENAMED["metrics"] = _RENAMED["losses"]
_RENAMED["objectives"] = _RENAMED["losses"]
_RENAMED["engine.topology"] = _RENAMED["engine"]

# Functions of old that are no name of today's.
_MADE: dict[str, dict] = {
    "layers": old_layers.NAMES,
    "wrappers.scikit_learn": {
        "KerasClassifier": old_wrappers.KerasClassifier,
        "KerasRegressor": old_wrappers.KerasRegressor,
    },
}

# Names whose work is done by nobody now, and what to do in their place.
_GONE = {
    "utils": {"multi_gpu_model": "torchrun --nproc-per-node N program.py"},
    "layers": {
        "MaxoutDense": "Dense, Reshape and a maximum",
        "Highway": "Dense, Multiply and Add",
        "LocallyConnected1D": "Conv1D, where weights may be shared",
        "LocallyConnected2D": "Conv2D, where weights may be shared",
    },
    "backend": {"get_session": "nothing: leave it out", "set_session": "nothing: leave it out"},
}


def names(inner: str) -> dict:
    """What a module of old held that none has today, by name; only where today's module lacks it."""
    modules = [path or "" for path in MODULES.get(inner, (inner,))]
    found: dict = {}
    for module in (*modules, inner):
        renamed = {old: _found(new) for old, new in _RENAMED.get(module, {}).items() if _exists(new)}
        gone = {old: _refusing(old, fix) for old, fix in _GONE.get(module, {}).items()}
        found = {**gone, **renamed, **_MADE.get(module, {}), **found}
    return found


def _found(path: str):
    value = pellucid
    for word in path.split("."):
        value = getattr(value, word)
    return value


def _exists(path: str) -> bool:
    try:
        _found(path)
    except AttributeError:
        return False
    return True


def _refusing(name: str, fix: str):
    def refuse(*_, **__):
        raise UnsupportedError(f"`{name}` is gone since Keras 3, and not in Pellucid either.", fix=fix)

    refuse.__name__ = name
    return refuse
