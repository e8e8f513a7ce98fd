"""BackupAndRestore: take up an interrupted training where it was.

Below:  engine/course.py says what a training is at one moment; files/atomic.py writes it.
Kept true: a backup is one file, and at every moment there is a whole one.
"""

from __future__ import annotations

import contextlib
import os

from pellucid.distribution import processes
from pellucid.engine.callbacks.base import Callback
from pellucid.engine.callbacks.checkpoint import BatchCounter
from pellucid.errors import ArgumentError, FileError
from pellucid.files import atomic, keras_zip, source, weights_h5


class BackupAndRestore(Callback):
    """Saves a training while it runs, and goes on from there when `fit` is called again, also in another process.

    What is saved: weights and seeds, the optimizer with its slots, epoch and step, the place in the data and its order,
    the random state, metrics, the History, and what callbacks list in `backed_up`. So the rest of the training is, bit
    for bit, that of one which was never stopped: Keras begins the epoch anew. Give `fit` the same data, model and
    callbacks as before. What batches are made of must follow from their number, from the random state of Python, NumPy
    or PyTorch, or, for generators, from the batches before.

    Args:
        backup_dir: a folder of its own.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether the save before the last is kept too.
        delete_checkpoint: whether the backup goes when training ends as planned, and its folder if nothing else is there.

    Raises:
        ArgumentError: no folder, or another `save_freq`.

    Source: keras.callbacks.BackupAndRestore, Keras 3.15.
    """

    comes_last = True  # so that what other callbacks have seen of the same step goes along
    backed_up = ("_counter",)

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
        self._path = os.path.join(self.backup_dir, "latest.backup.h5")
        self._previous_path = f"{self._path}.bkp"

    def on_train_begin(self, logs=None):
        self.model._course.keep_track()
        failure = None
        for path in (self._path, self._previous_path):
            if not os.path.exists(path):
                continue
            try:
                self._take_up(path)
                return
            except FileError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def _take_up(self, path):
        with source.refusals(path), source.opened(path) as file:
            with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
                self._current_epoch = self.model._initial_epoch = self.model._course.take(weights)

    def is_due(self, moment, batch):
        """Without `save_freq` in batches there is nothing to do at a batch."""
        return self.save_freq != "epoch"

    def on_train_batch_end(self, batch, logs=None):
        self._last_batch_seen = batch
        if self._counter.is_time(batch):
            self._save(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._current_epoch = epoch + 1
        self._last_batch_seen = 0
        if self.save_freq == "epoch":
            self._save(logs)

    def _save(self, logs):
        objects = self.model._course.objects(self._current_epoch, logs)
        if not processes.is_first():  # the others have brought their parts of the weights
            return

        def verify(file):
            with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
                keras_zip.weights_verify(weights, len(objects))

        atomic.make_folders(self.backup_dir)
        keep = self._previous_path if self.double_checkpoint else None
        atomic.replace(self._path, lambda file: weights_h5.write(file, objects), verify, keep)

    def on_train_end(self, logs=None):
        if self.delete_checkpoint and processes.is_first():
            for path in (self._previous_path, self._path):  # the last one last: it knows that nothing is left to do
                atomic.remove(path)
            with contextlib.suppress(OSError):
                os.rmdir(self.backup_dir)
