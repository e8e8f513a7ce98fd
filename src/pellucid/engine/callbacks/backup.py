"""BackupAndRestore: take up an interrupted training where it was.

Below:  the model's own `save_weights` and `load_weights`.
Kept true: a file is written beside the old one and then put in its place, so that a crash leaves a whole one.
"""

from __future__ import annotations

import json
import os
import shutil

from pellucid.engine.callbacks.base import Callback
from pellucid.engine.callbacks.checkpoint import BatchCounter
from pellucid.errors import ArgumentError, FileError, OrderError


class BackupAndRestore(Callback):
    """Saves weights and the epoch while training, and goes on from there when `fit` is called again.

    Args:
        backup_dir: a folder of its own.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether the save before the last is kept too.
        delete_checkpoint: whether the folder goes when training ends as planned.

    Raises:
        ArgumentError: no folder, or another `save_freq`.
    """

    def __init__(self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True):
        super().__init__()
        if not backup_dir:
            raise ArgumentError("`backup_dir` is empty.", got=repr(backup_dir), fix='BackupAndRestore("backup")')
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._counter = BatchCounter(save_freq)
        self._current_epoch = 0
        self._last_batch_seen = 0
        self._weights_path = os.path.join(self.backup_dir, "latest.weights.h5")
        self._training_metadata_path = os.path.join(self.backup_dir, "training_metadata.json")
        self._prev_weights_path = f"{self._weights_path}.bkp"
        self._prev_training_metadata_path = f"{self._training_metadata_path}.bkp"

    def on_train_begin(self, logs=None):
        try:
            self._load_model()
        except (OSError, FileError):
            if not os.path.exists(self._prev_weights_path):
                raise
            self._go_back_one_save()
            self._load_model()

    def _load_model(self):
        if not self.model.built:
            raise OrderError(
                "BackupAndRestore needs a model that has its weights.",
                got="a model that is not built",
                fix="model.build(input_shape), or begin it with Input(shape=...)",
            )
        if os.path.exists(self._weights_path):
            optimizer = self.model.optimizer
            if optimizer is not None and not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            self.model.load_weights(self._weights_path)
        if os.path.exists(self._training_metadata_path):
            with open(self._training_metadata_path) as file:
                self.model._initial_epoch = json.load(file)["epoch"]

    def _go_back_one_save(self):
        os.replace(self._prev_weights_path, self._weights_path)
        if os.path.exists(self._prev_training_metadata_path):
            os.replace(self._prev_training_metadata_path, self._training_metadata_path)
        elif os.path.exists(self._training_metadata_path):
            os.remove(self._training_metadata_path)

    def is_due(self, moment, batch):
        """Without `save_freq` in batches there is nothing to do at a batch."""
        return self.save_freq != "epoch"

    def on_train_batch_end(self, batch, logs=None):
        self._last_batch_seen = batch
        if self._counter.is_time(batch):
            self._save_model()

    def on_epoch_end(self, epoch, logs=None):
        self._current_epoch = epoch + 1
        self._last_batch_seen = 0
        if self.save_freq == "epoch":
            self._save_model()

    def _save_model(self):
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path, previous in (
                (self._weights_path, self._prev_weights_path),
                (self._training_metadata_path, self._prev_training_metadata_path),
            ):
                if os.path.exists(path):
                    shutil.copy(path, previous)
        fresh = os.path.join(self.backup_dir, "fresh.weights.h5")
        self.model.save_weights(fresh, overwrite=True)
        os.replace(fresh, self._weights_path)
        with open(f"{self._training_metadata_path}.fresh", "w") as file:
            json.dump({"epoch": self._current_epoch, "batch": self._last_batch_seen}, file)
        os.replace(f"{self._training_metadata_path}.fresh", self._training_metadata_path)

    def on_train_end(self, logs=None):
        if self.delete_checkpoint and os.path.exists(self.backup_dir):
            shutil.rmtree(self.backup_dir)
