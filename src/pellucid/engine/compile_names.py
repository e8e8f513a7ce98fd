"""Names in `compile`: "accuracy", "crossentropy" and their like, as the loss or metric that fits the shapes.

Above: compile_loss.py and compile_metrics.py ask here when the first batch has shown its shapes.
Source: Keras's rule, 3.15: one output of size 1 is binary; fewer axes or a last size of 1 in the target is sparse.
"""

from __future__ import annotations

from pellucid import losses, metrics, nest
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.losses.base import LossFunctionWrapper
from pellucid.naming import to_camel_case, to_snake_case

_ACCURACIES = {
    "binary": metrics.BinaryAccuracy,
    "sparse": metrics.SparseCategoricalAccuracy,
    "categorical": metrics.CategoricalAccuracy,
}
_CROSSENTROPIES = {
    "binary": losses.binary_crossentropy,
    "sparse": losses.sparse_categorical_crossentropy,
    "categorical": losses.categorical_crossentropy,
}


def targets_kind(y_true, y_pred) -> str:
    """ "binary", "sparse" or "categorical", from the shapes of a target and a prediction."""
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if pred and pred[-1] == 1:
        return "binary"
    if len(true) < len(pred) or (true and true[-1] == 1 and pred[-1] is not None and pred[-1] > 1):
        return "sparse"
    return "categorical"


def metric_named(identifier, y_true, y_pred):
    """The metric that an entry of ``compile(metrics=...)`` stands for.

    Raises:
        ArgumentError: None, or an unknown name.
    """
    if identifier is None:
        raise ArgumentError("None is no metric.", got="metrics=[None]", expected='such as "accuracy"')
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        return _ACCURACIES[targets_kind(y_true, y_pred)](name=identifier)
    found = metrics.get(identifier)
    name = identifier if isinstance(identifier, str) else object_name(found)
    if not isinstance(found, metrics.Metric):
        return metrics.MeanMetricWrapper(found, name=name)
    found.name = name
    return found


def loss_named(identifier, y_true, y_pred):
    """The loss that an entry of ``compile(loss=...)`` stands for.

    Raises:
        ArgumentError: an unknown name.
        ArgumentTypeError: nothing that can be called.
    """
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        found = _CROSSENTROPIES[targets_kind(y_true, y_pred)]
    else:
        found = losses.get(identifier)
    if isinstance(found, losses.Loss):
        return found
    if not callable(found):
        raise ArgumentTypeError(
            "This is no loss.", got=repr(identifier), expected="a name, a Loss, or f(y_true, y_pred)"
        )
    name = identifier if isinstance(identifier, str) else object_name(found)
    return _as_class(found, name) or LossFunctionWrapper(found, name=name)


def check_names(given: dict) -> None:
    """Refuse names of losses and metrics that are not known, before the first batch asks for them.

    Args:
        given: arguments of `compile`.

    Raises:
        UnknownNameError: there is no such loss or metric.
    """
    for words, find, by_shape in (
        (("loss",), losses.get, ("crossentropy", "ce")),
        (("metrics", "weighted_metrics"), metrics.get, ("accuracy", "acc", "crossentropy", "ce")),
    ):
        for name in nest.flatten([given.get(word) for word in words]):
            if isinstance(name, str) and name.lower() not in by_shape:
                find(name)


def _as_class(function, name):
    """The class of a built-in function, which may know a shorter way to its mean; None where there is none."""
    own_name = getattr(function, "__name__", "")
    loss_class = getattr(losses, to_camel_case(own_name), None)
    if isinstance(loss_class, type) and getattr(losses, own_name, None) is function:
        return loss_class(name=name)
    return None


def object_name(thing) -> str:
    """The name of a metric, loss or function, as it stands in logs."""
    return getattr(thing, "name", None) or getattr(thing, "__name__", None) or to_snake_case(type(thing).__name__)
