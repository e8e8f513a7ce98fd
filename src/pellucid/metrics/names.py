"""Which names stand for which metric, and metrics as plain data.

Above: `compile(metrics=["mae"])`, and files that hold a compiled model.
Source: keras.metrics.get, Keras 3.15.
"""

from __future__ import annotations

from pellucid.graph.identifiers import identified
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.metrics import (
    accuracy,
    auc,
    confusion,
    correlation,
    fscore,
    hinges,
    iou,
    probabilistic,
    reduction,
    regression,
    trade_offs,
)
from pellucid.metrics.base import Metric
from pellucid.naming import to_snake_case

_FAMILIES = (
    reduction, accuracy, confusion, trade_offs, auc, iou, fscore, regression, correlation, probabilistic, hinges,
)  # fmt: skip
_SHORT = {
    "bce": probabilistic.BinaryCrossentropy,
    "mse": regression.MeanSquaredError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "msle": regression.MeanSquaredLogarithmicError,
}


def _own(family) -> dict:
    """The metrics that a family's file defines, by name; parents that are not for use are left out."""
    return {
        name: thing
        for name, thing in vars(family).items()
        if isinstance(thing, type)
        and issubclass(thing, Metric)
        and thing.__module__ == family.__name__
        and not name.startswith("_")
        and thing is not reduction.NamedMean
    }


OBJECTS = {"Metric": Metric}
for _family in _FAMILIES:
    OBJECTS |= _own(_family)
NAMES = {
    **OBJECTS,
    **{to_snake_case(name): thing for name, thing in OBJECTS.items()},
    **{name.upper(): thing for name, thing in _SHORT.items()},
    **_SHORT,
}


def get(identifier):
    """The metric that a name, config, class, function or metric stands for; None for None.

    Raises:
        UnknownNameError: a name that stands for none.
        ArgumentError: nothing that can be called.
    """
    return identified(identifier, NAMES, "metric", fix='metrics=["{}"]', typical="mse")


def serialize(metric):
    """Plain data that stands for a metric."""
    return serialize_keras_object(metric)


def deserialize(config, custom_objects=None):
    """The metric that plain data stands for.

    Args:
        custom_objects: names of the user's own metrics.
    """
    return deserialize_keras_object(config, module_objects=NAMES, custom_objects=custom_objects)
