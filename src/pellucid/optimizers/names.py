"""Optimizers by their names: `get`, and to plain data and back."""

from __future__ import annotations

from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.identifiers import unknown
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.optimizers.adadelta import Adadelta
from pellucid.optimizers.adafactor import Adafactor
from pellucid.optimizers.adagrad import Adagrad
from pellucid.optimizers.adam import Adam, AdamW
from pellucid.optimizers.adamax import Adamax
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.ftrl import Ftrl
from pellucid.optimizers.lamb import Lamb
from pellucid.optimizers.lion import Lion
from pellucid.optimizers.loss_scale_optimizer import LossScaleOptimizer
from pellucid.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from pellucid.optimizers.muon import Muon
from pellucid.optimizers.nadam import Nadam
from pellucid.optimizers.rmsprop import RMSprop
from pellucid.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from pellucid.optimizers.sgd import SGD

OPTIMIZERS = {
    optimizer.__name__.lower(): optimizer
    for optimizer in (
        Adadelta, Adafactor, Adagrad, Adam, Adamax, AdamW, Ftrl, Lamb, Lion, LossScaleOptimizer,
        MultiOptimizer, Muon, Nadam, Optimizer, OptimizerMap, RMSprop, ScheduleFreeAdamW, SGD,
    )
}  # fmt: skip


def serialize(optimizer: Optimizer) -> dict:
    """An optimizer as plain data, without its state."""
    return serialize_keras_object(optimizer)


def deserialize(config: dict, custom_objects=None) -> Optimizer:
    """The optimizer that plain data stands for; built-in names in any case."""
    lower = config["class_name"].lower()
    if lower in OPTIMIZERS:
        config = {**config, "class_name": lower}
    return deserialize_keras_object(config, custom_objects=custom_objects, module_objects=OPTIMIZERS)


def get(identifier) -> Optimizer | None:
    """The optimizer meant by a name in any case, a config, or an optimizer; None stays None.

    Raises:
        UnknownNameError: no optimizer of this name.
        ArgumentError: something else.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        optimizer = _by_name(identifier)
    else:
        optimizer = deserialize(identifier) if isinstance(identifier, dict) else None
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(
            "This is no optimizer.", got=repr(identifier), expected="a name, a config or an Optimizer", fix='"adam"'
        )
    return optimizer


def _by_name(name: str):
    try:
        return deserialize({"class_name": name, "config": {}})
    except ArgumentTypeError as error:
        raise unknown(name, OPTIMIZERS, "optimizer", typical="adam") from error
