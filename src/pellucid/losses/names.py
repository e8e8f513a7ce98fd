"""Which names stand for which loss, and losses as plain data.

Above: `compile(loss="mse")`, and files that hold a compiled model.
Source: keras.losses.get, Keras 3.15.
"""

from __future__ import annotations

from pellucid.graph.identifiers import identified
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.losses import classification, focal, hinges, probabilistic, regression, segmentation, sequence, similarity
from pellucid.losses.base import Loss, LossFunctionWrapper

_FAMILIES = (probabilistic, classification, focal, regression, hinges, segmentation, similarity, sequence)
_SHORT = {
    "bce": classification.binary_crossentropy,
    "kld": probabilistic.kl_divergence,
    "mae": regression.mean_absolute_error,
    "mse": regression.mean_squared_error,
    "mape": regression.mean_absolute_percentage_error,
    "msle": regression.mean_squared_logarithmic_error,
}


def _own(family) -> dict:
    """The losses that a family's file defines, by name."""
    return {
        name: thing for name, thing in vars(family).items() if _is_loss(thing) and thing.__module__ == family.__name__
    }


def _is_loss(thing) -> bool:
    return hasattr(thing, "node_class") or (isinstance(thing, type) and issubclass(thing, Loss))


OBJECTS = {"Loss": Loss, "LossFunctionWrapper": LossFunctionWrapper}
for _family in _FAMILIES:
    OBJECTS |= _own(_family)
NAMES = {**OBJECTS, **{name.upper(): thing for name, thing in _SHORT.items()}, **_SHORT}


def get(identifier):
    """The loss that a name, config, class, function or loss stands for; None for None.

    Raises:
        UnknownNameError: a name that stands for none.
        ArgumentError: nothing that can be called.
    """
    return identified(identifier, NAMES, "loss", fix='loss="{}"', typical="mse")


def serialize(loss):
    """Plain data that stands for a loss."""
    return serialize_keras_object(loss)


def deserialize(name, custom_objects=None):
    """The loss that plain data stands for.

    Args:
        custom_objects: names of the user's own losses.
    """
    return deserialize_keras_object(name, module_objects=NAMES, custom_objects=custom_objects)
