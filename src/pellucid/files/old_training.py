"""What `compile` was told, in files of Keras 1, Keras 2 and tf.keras, in the words of Keras 3.

Above:  models/legacy.py and models/saving.py.
Kept true: data in, data out.

Source: Keras 2.2.4, tf_keras 2.21, and their differences from Keras 3.15.
"""

from __future__ import annotations

import warnings

from pellucid.files.entries import entry, is_entry

_WORDS = ("loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution")
_LOSSES = {"cosine_proximity": entry("CosineSimilarity"), "logcosh": "log_cosh"}
# Settings of optimizers that never change a number here.
_SILENT = ("jit_compile", "is_legacy_optimizer", "experimental_aggregate_gradients")
_REDUCTIONS = {"auto": "sum_over_batch_size"}
_WRAPPERS = {"LossFunctionWrapper", "MeanMetricWrapper", "SumOverBatchSizeMetricWrapper"}


def modern(config: dict, era: int) -> dict:
    """Arguments of `compile_from_config`, from a file's training_config or compile_config."""
    found = {key: config[key] for key in _WORDS if config.get(key) is not None}
    optimizer = config.get("optimizer_config", config.get("optimizer", "rmsprop"))
    if era >= 3:
        return {"optimizer": optimizer, **found}
    metrics = found.get("metrics")
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        found["metrics"] = metrics[0]  # of the only output
    return {"optimizer": _optimizer(optimizer), **{key: _value(value) for key, value in found.items()}}


def _value(value):
    """Losses and metrics, wherever they stand."""
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, str):
        return _LOSSES.get(value, value)
    if not isinstance(value, dict):
        return value
    return _function_or_class(value) if is_entry(value) else {key: _value(item) for key, item in value.items()}


def _function_or_class(given: dict):
    config = dict(given["config"]) if isinstance(given["config"], dict) else {}
    if given["class_name"] == "function":
        return _value(given["config"])
    function = config.pop("fn", None)
    if "reduction" in config:
        config["reduction"] = _REDUCTIONS.get(config["reduction"], config["reduction"])
    if given["class_name"] in _WRAPPERS:
        if not isinstance(function, str):
            return _value(function)
        return entry(_as_class(function), **config)
    return {"class_name": given["class_name"].removeprefix("Custom>"), "config": config}


def _as_class(function: str) -> str:
    """``mean_squared_error`` as MeanSquaredError."""
    return {"kl_divergence": "KLDivergence", "kullback_leibler_divergence": "KLDivergence"}.get(
        function, "".join(word.capitalize() for word in function.split("_"))
    )


def _optimizer(given):
    if not is_entry(given):
        return given
    name, config = given["class_name"].removeprefix("Custom>"), dict(given["config"])
    for key in _SILENT:
        config.pop(key, None)
    if name == "LossScaleOptimizer":
        inner = _optimizer(config.pop("inner_optimizer", None) or config.pop("optimizer", None))
        scale = config.get("initial_scale") or 2.0**15
        return entry(name, inner_optimizer=inner, initial_scale=scale)
    if config.get("epsilon", 0) is None:
        del config["epsilon"]
    if name == "Adagrad" and "lr" in config:
        config.setdefault("initial_accumulator_value", 0.0)
    rate = config.pop("lr", config.pop("learning_rate", None))
    decay = config.pop("decay", 0.0)
    if name == "Nadam":
        decay, schedule = 0.0, config.pop("schedule_decay", decay or None)
        if schedule is not None:
            warnings.warn(
                f"Nadam's momentum grew by a schedule_decay of {schedule} up to Keras 2; it goes on by that of Keras 3.",
                stacklevel=2,
            )
    if decay and not is_entry(rate):
        # The rate was divided by 1 + decay * updates.
        rate = entry("InverseTimeDecay", initial_learning_rate=rate, decay_steps=1, decay_rate=decay)
    if rate is not None:
        config["learning_rate"] = rate
    return entry(name, **config)
