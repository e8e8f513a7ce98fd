"""Trainings that may be stopped anywhere: each makes its model, trains it with a backup, and says what came of it.

Above: test_backup.py, which runs them in processes that are killed (files/crashing/server.py).
"""

from __future__ import annotations

import os
import signal

import numpy as np
import torch

import pellucid
from pellucid.callbacks import BackupAndRestore, Callback, EarlyStopping

EPOCHS, BATCHES = 3, 4
X = np.random.default_rng(0).normal(size=(8 * BATCHES, 4)).astype("float32")
Y = np.sin(X[:, :2]) + 0.1


class Shuffled(pellucid.utils.PyDataset):
    """Batches by number, with noise from NumPy's global generator and an order of its own."""

    def __init__(self):
        super().__init__()
        self.rows = np.arange(len(X))

    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        rows = self.rows[8 * index : 8 * index + 8]
        return X[rows] + np.random.normal(size=(8, 4)).astype("float32"), Y[rows]

    def on_epoch_end(self):
        self.rows = np.roll(self.rows, 5)


def endless():
    rng = np.random.default_rng(7)
    while True:
        rows = rng.integers(0, len(X), 8)
        yield X[rows], Y[rows]


def loader():
    pairs = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    return torch.utils.data.DataLoader(pairs, batch_size=8, shuffle=True)


class Noise(Callback):
    """Draws from every random generator, so that a wrong state shows."""

    def on_epoch_begin(self, epoch, logs=None):
        bias = self.model.layers[-1].bias
        bias.assign_add(0.001 * (np.random.normal(size=2) + torch.randn(2).numpy()))


class Killed(Callback):
    """Ends the process before a step, counted over all epochs; 0 never does."""

    def __init__(self, at):
        super().__init__()
        self.left = at

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def model():
    layers = pellucid.layers
    made = pellucid.Sequential(
        [
            pellucid.Input((4,)),
            layers.Dense(6, activation="tanh"),
            layers.BatchNormalization(),
            layers.Dropout(0.3, seed=3),
            layers.Dropout(0.1),
            layers.Dense(2),
        ]
    )
    schedule = pellucid.optimizers.schedules.ExponentialDecay(0.05, 3, 0.9)
    made.compile(pellucid.optimizers.Adam(schedule, ema_momentum=0.9, use_ema=True), "mse", metrics=["mae"])
    return made


DATA = {
    "shuffled arrays": lambda: {"x": X, "y": Y, "batch_size": 8},
    "arrays shuffled by batch": lambda: {"x": X, "y": Y, "batch_size": 8, "shuffle": "batch"},
    "arrays over several epochs": lambda: {"x": X, "y": Y, "batch_size": 5, "steps_per_epoch": 2},
    "a PyDataset": lambda: {"x": Shuffled()},
    "a generator": lambda: {"x": endless(), "steps_per_epoch": BATCHES, "shuffle": False},
    "a DataLoader": lambda: {"x": loader(), "shuffle": False},
}
BACKUPS = {
    "each epoch": {},
    "each step": {"save_freq": 1},
    "each third step, two kept": {"save_freq": 3, "double_checkpoint": True},
}


def train(folder, data: str, backup: dict, killed_at: int = 0) -> dict:
    """Train, or go on training, and tell everything that came of it."""
    pellucid.utils.set_random_seed(11)
    made = model()
    callbacks = [
        BackupAndRestore(os.path.join(folder, "backup"), **backup),
        EarlyStopping("loss", patience=1, restore_best_weights=True),
        Noise(),
        Killed(killed_at),
    ]
    history = made.fit(**DATA[data](), epochs=EPOCHS, verbose=0, validation_data=(X, Y), callbacks=callbacks)
    return {
        "weights": [w.tolist() for w in made.get_weights()],
        "optimizer": [v.numpy().tolist() for v in made.optimizer.variables],
        "history": history.history,
        "epochs": history.epoch,
        "next": [float(torch.rand(())), float(np.random.rand())],
        "waited": callbacks[1].wait,
    }


def prepare() -> None:
    """Make everything once that is made at the first step, so that processes need not."""
    model().fit(X, Y, verbose=0)


def _work(data, backup):
    return lambda killed_at, folder: train(folder, data, BACKUPS[backup], int(killed_at))


LEAVES_NO_TRACES = False  # in the process that does them
WORKS = {f"{data}, {backup}": _work(data, backup) for data in DATA for backup in BACKUPS}
