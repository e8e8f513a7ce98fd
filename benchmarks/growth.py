"""What grows, and how: time with batch, depth and data; memory with the number of predictions.

Run: ``python -m benchmarks.growth``
"""

from __future__ import annotations

import gc
import resource
import time

import numpy as np

import pellucid
from benchmarks.networks import mlp, small_cnn

PREDICTIONS = 100_000


def dense_stack(depth: int):
    """`depth` layers of 256 units."""
    layers = [pellucid.layers.Dense(256, activation="relu") for _ in range(depth)]
    return pellucid.Sequential([pellucid.Input((256,)), *layers])


def seconds(run, *, warm: int = 8, repeats: int = 5) -> float:
    """The shortest of some calls, after those that compile."""
    for _ in range(warm):
        run()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return min(times)


def predictions(model, x, batch: int = 32):
    return seconds(lambda: model.predict(x, batch_size=batch, verbose=0))


def epoch(rows: int) -> float:
    model = mlp(pellucid)
    model.compile(optimizer="adam", loss=pellucid.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = np.zeros((rows, 784), "float32"), np.zeros(rows, "int32")
    return seconds(lambda: model.fit(x, y, batch_size=128, verbose=0), warm=1, repeats=3)


def resident_megabytes() -> float:
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[1]) * resource.getpagesize() / 2**20


def memory() -> float:
    """Megabytes that many predictions of one sample leave behind."""
    model, x = small_cnn(pellucid), np.zeros((1, 28, 28, 1), "float32")
    for _ in range(1000):
        model.predict(x, verbose=0)
    gc.collect()
    before = resident_megabytes()
    for _ in range(PREDICTIONS):
        model.predict(x, verbose=0)
    gc.collect()
    return resident_megabytes() - before


def table(title: str, times: dict[int, float]):
    """Each size beside the smallest: what a unit of it costs."""
    smallest = min(times)
    print(f"\n{title}")
    for size, taken in times.items():
        each = taken / size / (times[smallest] / smallest)
        print(f"  {size:>7,}  {taken * 1e3:10.3f} ms   {each:5.2f} of the smallest's cost for each")


def main() -> None:
    print(f"\n{PREDICTIONS:,} predictions of one sample, small CNN: {memory():+.2f} MB")
    cnn, images = small_cnn(pellucid), np.zeros((1024, 28, 28, 1), "float32")
    table("small CNN, one batch of so many", {n: predictions(cnn, images[:n], n) for n in (1, 8, 64, 512)})
    table(
        "Dense(256) so many times, a batch of 32",
        {n: predictions(dense_stack(n), np.zeros((32, 256), "float32")) for n in (2, 8, 32, 128)},
    )
    table("an epoch of the MLP over so many rows", {n: epoch(n) for n in (1280, 5120, 20480)})


if __name__ == "__main__":
    main()
