"""Works that a crash may stop: each writes a new model over an old one, in one of the formats.

Above: server.py does them; each is known by the name of the file that it writes.
"""

from __future__ import annotations

import os

import numpy as np

import pellucid
from pellucid.callbacks import ModelCheckpoint

X = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
Y = X[:, :2] ** 2


def model(seed: int):
    """A model with an optimizer's slots, after one step; other seeds give other values everywhere."""
    pellucid.utils.set_random_seed(seed)
    made = pellucid.Sequential(
        [pellucid.Input((4,)), pellucid.layers.Dense(3 + seed, activation="tanh"), pellucid.layers.Dense(2)]
    )
    made.compile(pellucid.optimizers.Adam(0.01), "mse")
    made.fit(X, Y, verbose=0)
    return made


MODELS: dict[str, pellucid.Model] = {}


def prepare() -> None:
    """Make the old and the new model, before the crash can come."""
    MODELS.update(old=model(1), new=model(2))


def save(name: str):
    """A work that saves a model under a name."""

    def work(kind, folder):
        target = os.path.join(folder, name)
        MODELS[kind].save_weights(target) if name.endswith(".weights.h5") else MODELS[kind].save(target)

    return work


def parts(kind, folder):
    """Weights in several files and their index."""
    MODELS[kind].save_weights(os.path.join(folder, "p.weights.json"), max_shard_size=1e-7)


def unpacked(kind, folder):
    """A folder with what a .keras file holds."""
    MODELS[kind].save(os.path.join(folder, "unpacked"), zipped=False)


def checkpoint(name: str, **arguments):
    """A work that makes a checkpoint after an epoch, with a name that all epochs share."""

    def work(kind, folder):
        kept = ModelCheckpoint(os.path.join(folder, name), **arguments)
        kept.set_model(MODELS[kind])
        kept.on_epoch_end(0, {})

    return work


LEAVES_NO_TRACES = True  # in the process that does them
WORKS = {
    "m.keras": save("m.keras"),
    "m.weights.h5": save("m.weights.h5"),
    "m.h5": save("m.h5"),
    "m.safetensors": save("m.safetensors"),
    "p.weights.json": parts,
    "unpacked": unpacked,
    "best.keras": checkpoint("best.keras"),
    "best.weights.h5": checkpoint("best.weights.h5", save_weights_only=True),
}
