"""Optimizers: how gradients move weights (keras.optimizers)."""

from pellucid.optimizers import legacy, schedules
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.adadelta import Adadelta
from pellucid.optimizers.adafactor import Adafactor
from pellucid.optimizers.adagrad import Adagrad
from pellucid.optimizers.adam import Adam, AdamW
from pellucid.optimizers.adamax import Adamax
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
from pellucid.optimizers.names import deserialize, get, serialize

__all__ = [
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "SGD",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]
