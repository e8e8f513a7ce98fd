"""Learning rates that depend on the step (keras.optimizers.schedules)."""

from pellucid.optimizers.schedules.base import LearningRateSchedule
from pellucid.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from pellucid.optimizers.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from pellucid.optimizers.schedules.names import deserialize, serialize

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
