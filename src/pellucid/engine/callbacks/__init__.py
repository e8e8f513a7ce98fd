"""Callbacks: what a user wants done at the edges of batches and epochs."""

from pellucid.engine.callbacks.backup import BackupAndRestore
from pellucid.engine.callbacks.base import Callback
from pellucid.engine.callbacks.callback_list import CallbackList
from pellucid.engine.callbacks.checkpoint import ModelCheckpoint
from pellucid.engine.callbacks.csv_logger import CSVLogger
from pellucid.engine.callbacks.early_stopping import EarlyStopping
from pellucid.engine.callbacks.ema import SwapEMAWeights
from pellucid.engine.callbacks.history import History
from pellucid.engine.callbacks.lambda_callback import LambdaCallback
from pellucid.engine.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from pellucid.engine.callbacks.nan import TerminateOnNaN
from pellucid.engine.callbacks.progbar_logger import ProgbarLogger
from pellucid.engine.callbacks.remote_monitor import RemoteMonitor
from pellucid.engine.callbacks.tensorboard import TensorBoard

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
