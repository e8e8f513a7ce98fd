"""`predict` on one sample, beside Keras (torch backend) and bare PyTorch.

Run: ``python -m benchmarks.predict``
"""

from __future__ import annotations

import numpy as np

from benchmarks.networks import bare_cnn, bare_mlp, flatten_alone, mlp, small_cnn
from benchmarks.pairing import report, rounds

import keras  # isort: skip  (after pairing, which chooses Keras's backend)
import torch

import pellucid


def bare(module: torch.nn.Module, x: np.ndarray):
    """What a PyTorch user does for one prediction."""

    def run():
        with torch.no_grad():
            return module(torch.from_numpy(x)).numpy()

    return run


def main() -> None:
    image = np.random.default_rng(0).random((1, 28, 28, 1), dtype="float32")
    row = np.random.default_rng(0).random((1, 784), dtype="float32")
    block = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)
    cases = {
        "Flatten alone": (flatten_alone, torch.nn.Flatten(), block, block),
        "MLP": (mlp, bare_mlp(), row, row),
        "small CNN": (small_cnn, bare_cnn(), image, np.ascontiguousarray(image.transpose(0, 3, 1, 2))),
    }
    for title, (make, module, x, x_first) in cases.items():
        ours, theirs = make(pellucid), make(keras)
        contenders = {
            "pellucid": lambda ours=ours, x=x: ours.predict(x, verbose=0),
            "keras": lambda theirs=theirs, x=x: theirs.predict(x, verbose=0),
            "pytorch": bare(module.eval(), x_first),
        }
        report(f"predict one sample: {title}", rounds(contenders, repeats=30, calls=20))


if __name__ == "__main__":
    main()
