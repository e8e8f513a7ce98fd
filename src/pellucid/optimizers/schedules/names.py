"""Schedules by their names: to plain data and back."""

from __future__ import annotations

from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.optimizers.schedules import cosine, decay
from pellucid.optimizers.schedules.base import LearningRateSchedule

SCHEDULES = {
    schedule.__name__: schedule
    for schedule in (
        LearningRateSchedule,
        decay.ExponentialDecay,
        decay.InverseTimeDecay,
        decay.PolynomialDecay,
        decay.PiecewiseConstantDecay,
        cosine.CosineDecay,
        cosine.CosineDecayRestarts,
    )
}


def serialize(learning_rate_schedule) -> dict:
    """A schedule as plain data."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config, custom_objects=None) -> LearningRateSchedule:
    """The schedule that plain data stands for."""
    return deserialize_keras_object(config, custom_objects=custom_objects, module_objects=SCHEDULES)
