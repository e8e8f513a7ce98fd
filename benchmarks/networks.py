"""The same networks for Pellucid, Keras and bare PyTorch, with the same weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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


@dataclass(frozen=True)
class Network:
    """One network in all its forms; each gives logits.

    Attributes:
        make: the model, from a library of Keras's API.
        bare: the module that a PyTorch user writes; takes channels first.
        shape: of one sample, channels last.
        classes: of its labels.
    """

    make: Callable
    bare: Callable[[], torch.nn.Module]
    shape: tuple[int, ...]
    classes: int = 10


def application(name: str) -> Network:
    """A published network, at its own size; as a module, what `convert.to_torch` writes."""

    def make(library):
        return getattr(library.applications, name)(weights=None, classifier_activation=None)

    def bare():
        import pellucid

        return pellucid.convert.to_torch(make(pellucid), layout="channels_first")

    return Network(make, bare, (224, 224, 3), 1000)


CIFAR = {"side": 32, "channels": 3, "filters": 64}
NETWORKS = {
    "Flatten": Network(flatten_alone, torch.nn.Flatten, (3, 2, 4)),
    "MLP": Network(mlp, bare_mlp, (784,)),
    "small CNN": Network(small_cnn, bare_cnn, (28, 28, 1)),
    "MNIST-size CNN": Network(small_cnn, bare_cnn, (28, 28, 1)),
    "CIFAR-size CNN": Network(partial(small_cnn, **CIFAR), partial(bare_cnn, **CIFAR), (32, 32, 3)),
    "MobileNetV2": application("MobileNetV2"),
    "ResNet50": application("ResNet50"),
    "VGG16": application("VGG16"),
}
