"""Times contenders in turn within one run, so that a noisy machine is noisy for all of them alike.

Used by predict.py and fit.py beside it. Reports medians, and ratios to Pellucid's median of the same rounds.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("KERAS_BACKEND", "torch")

import torch


def rounds(contenders: dict[str, Callable[[], object]], *, repeats: int, calls: int = 1) -> dict[str, list[float]]:
    """Seconds for each call, by contender: `repeats` rounds, each with `calls` calls of every contender in turn."""
    for run in contenders.values():
        run()  # the first call builds and warms up
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run in contenders.items():
            start = time.perf_counter()
            for _ in range(calls):
                run()
            seconds[name].append((time.perf_counter() - start) / calls)
    return seconds


def report(title: str, seconds: dict[str, list[float]]) -> None:
    """Print medians and ratios; a ratio above 1 means that the contender takes longer than Pellucid."""
    ours = statistics.median(seconds["pellucid"])
    print(f"\n{title}   ({torch.get_num_threads()} threads)")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(
            f"  {name:<12} {median * 1e3:9.3f} ms   {median / ours:6.2f} x   ({min(times) * 1e3:.3f} to {max(times) * 1e3:.3f})"
        )
