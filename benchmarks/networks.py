"""The same networks for Pellucid, Keras and bare PyTorch, with the same weights."""

from __future__ import annotations

import torch


def small_cnn(library, *, side: int = 28, channels: int = 1, filters: int = 32):
    """Two convolutions with pooling, Flatten, two Dense: MNIST-size by default."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((side, side, channels)),
            layers.Conv2D(filters, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(2 * filters, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10),
        ]
    )


def mlp(library, *, features: int = 784):
    """Three Dense."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((features,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(10),
        ]
    )


def flatten_alone(library):
    """Flatten and nothing else."""
    return library.Sequential([library.Input((3, 2, 4)), library.layers.Flatten()])


def bare_cnn(*, side: int = 28, channels: int = 1, filters: int = 32) -> torch.nn.Module:
    """`small_cnn` as a PyTorch user writes it; takes (batch, channels, height, width)."""
    nn = torch.nn
    last = ((side - 2) // 2 - 2) // 2
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(filters, 2 * filters, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(last * last * 2 * filters, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def bare_mlp(*, features: int = 784) -> torch.nn.Module:
    """`mlp` as a PyTorch user writes it."""
    nn = torch.nn
    return nn.Sequential(
        nn.Linear(features, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )  # fmt: skip
