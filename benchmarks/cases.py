"""The cases of ``make bench``, one row each: what runs, on what, in which precision.

Read by contest.py, which lets contenders run them, and by worker.py inside each contender's process.
"""

from __future__ import annotations

from dataclasses import dataclass

KERAS = ("keras-tensorflow", "keras-jax", "keras-torch")
ENGINES = ("onnxruntime", "openvino")


@dataclass(frozen=True)
class Case:
    """One row.

    Attributes:
        network: key of networks.NETWORKS.
        task: `predict` (all of `samples` in batches of `batch`) or `fit` (one epoch of them).
        precision: `float32` or `bfloat16`.
        rounds: turns of each contender.
    """

    network: str
    task: str
    samples: int = 1
    batch: int = 32
    precision: str = "float32"
    rounds: int = 7

    @property
    def contenders(self) -> list[str]:
        """Who takes part; for throughput the engines are the judges."""
        if self.task == "fit":
            return ["pellucid", *KERAS, "torch", "torch-tuned"]
        if self.samples > 1:
            return ["pellucid", "keras-openvino", "torch", *ENGINES]
        return ["pellucid", *KERAS, "keras-openvino", "torch", *ENGINES]


def one(network: str, rounds: int = 7) -> Case:
    return Case(network, "predict", rounds=rounds)


def fits(network: str, samples: int, batch: int, rounds: int) -> dict[str, Case]:
    return {
        f"fit {network}, {precision}": Case(network, "fit", samples, batch, precision, rounds)
        for precision in ("float32", "bfloat16")
    }


CASES = {
    "predict one: Flatten": one("Flatten"),
    "predict one: small CNN": one("small CNN"),
    "predict one: MobileNetV2": one("MobileNetV2"),
    "predict one: ResNet50": one("ResNet50"),
    "predict one: VGG16": one("VGG16", rounds=5),
    "predict 1,024: small CNN": Case("small CNN", "predict", 1024),
    "predict 1,024: MobileNetV2": Case("MobileNetV2", "predict", 1024, rounds=3),
    **fits("MLP", 1280, 128, rounds=7),
    **fits("MNIST-size CNN", 1280, 128, rounds=5),
    **fits("CIFAR-size CNN", 640, 128, rounds=5),
    **fits("ResNet50", 16, 16, rounds=3),
}
