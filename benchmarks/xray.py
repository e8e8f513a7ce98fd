"""Questions to VGG16 and ResNet50 on images of 224 by 224, each beside the time it may take.

Run: ``python -m benchmarks.xray``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

import pellucid

SOURCES_MS, INDEX_MAP_US, TRACE_MS, RUN_RATIO = 5.0, 20.0, 300.0, 1.3


def least_s(run: Callable[[], object], repeats: int, calls: int = 1) -> float:
    """Seconds for one call: the least of some rounds, after one to warm up; others at work only ever add to it."""
    run()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            run()
        seconds.append((time.perf_counter() - start) / calls)
    return min(seconds)


def once_s(run: Callable[[], object]) -> float:
    """Seconds for one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def say(what: str, got: float, limit: float, unit: str):
    """A line with a figure and its limit."""
    print(f"  {what:<44} {got:9.3f} {unit:<3} {'within' if got <= limit else 'ABOVE'} {limit:g}")


def units(t, count: int) -> list:
    """Addresses of random units, of each layer as often."""
    rng = np.random.default_rng(0)
    nodes = [node for node in t.layers if node.inputs]
    return [
        (node.path, tuple(int(rng.integers(n)) for n in node.output_shape[1:]))
        for node in nodes
        for _ in range(-(-count // len(nodes)))
    ]


def ask(title: str, model):
    """All figures of one model."""
    print(f"\n{title}, 224 by 224")
    say("trace(model)", 1e3 * least_s(lambda: pellucid.trace(model), 5), TRACE_MS, "ms")
    t = pellucid.trace(model)
    each = [1e3 * least_s(lambda at=at: t.sources(at).count, 3) for at in units(t, 300)]
    say(f"sources of {len(each)} random units: median", statistics.median(each), SOURCES_MS, "ms")
    say("                            slowest", max(each), SOURCES_MS, "ms")
    for node in t.layers:
        if node.index_map() is not None:
            say(
                f"index_map of {node.path}, and one element",
                1e6 * least_s(lambda node=node: node.index_map().to_input(5000), 5, 200),
                INDEX_MAP_US,
                "us",
            )
    x = np.random.default_rng(0).random((1, 224, 224, 3), dtype="float32")
    # The first predictions of a shape run layer by layer, as a trace does; what is compiled later shows no layers.
    fresh = [type(model).from_config(model.get_config()) for _ in range(6)]
    predict = min(once_s(lambda one=one: one.predict(x, verbose=0)) for one in fresh)
    followed = min(once_s(lambda: pellucid.trace(model, x)) for _ in range(6))
    say("trace(model, x) to a first predict(x)", followed / predict, RUN_RATIO, "x")


def main() -> None:
    ask("VGG16", pellucid.applications.VGG16(weights=None))
    ask("ResNet50", pellucid.applications.ResNet50(weights=None))


if __name__ == "__main__":
    main()
