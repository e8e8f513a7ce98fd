"""`fit`, one epoch of 10 steps of 128 samples, beside Keras (torch backend) and bare PyTorch.

Run: ``python -m benchmarks.fit``
"""

from __future__ import annotations

import numpy as np

from benchmarks.networks import bare_cnn, bare_mlp, mlp, small_cnn
from benchmarks.pairing import report, rounds

import keras  # isort: skip  (after pairing, which chooses Keras's backend)
import torch

import pellucid

STEPS, BATCH = 10, 128


def compiled(library, model):
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=library.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
    return model


def bare(module: torch.nn.Module, x: np.ndarray, y: np.ndarray):
    """The loop that a PyTorch user writes, with shuffling, loss and accuracy."""
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)
    loss_of = torch.nn.CrossEntropyLoss()
    images, targets = torch.from_numpy(x), torch.from_numpy(y).long()

    def run():
        total, right = 0.0, torch.zeros(())
        for rows in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            logits = module(images[rows])
            loss = loss_of(logits, targets[rows])
            loss.backward()
            optimizer.step()
            total += loss.item()
            right += (logits.argmax(1) == targets[rows]).sum()
        return total, right

    return run


def main() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, STEPS * BATCH).astype("int32")
    images = rng.random((STEPS * BATCH, 28, 28, 1), dtype="float32")
    pictures = rng.random((STEPS * BATCH, 32, 32, 3), dtype="float32")
    rows = rng.random((STEPS * BATCH, 784), dtype="float32")
    cifar = {"side": 32, "channels": 3, "filters": 64}
    cases = {
        "MLP": (mlp, {}, bare_mlp(), rows, rows),
        "MNIST-size CNN": (small_cnn, {}, bare_cnn(), images, images.transpose(0, 3, 1, 2)),
        "CIFAR-size CNN": (small_cnn, cifar, bare_cnn(**cifar), pictures, pictures.transpose(0, 3, 1, 2)),
    }
    for title, (make, sizes, module, x, x_first) in cases.items():
        ours, theirs = compiled(pellucid, make(pellucid, **sizes)), compiled(keras, make(keras, **sizes))
        contenders = {
            "pellucid": lambda ours=ours, x=x: ours.fit(x, y, batch_size=BATCH, verbose=0),
            "keras": lambda theirs=theirs, x=x: theirs.fit(x, y, batch_size=BATCH, verbose=0),
            "pytorch": bare(module, np.ascontiguousarray(x_first), y),
        }
        report(f"fit {STEPS} steps of {BATCH}: {title}", rounds(contenders, repeats=5))


if __name__ == "__main__":
    main()
