"""Seconds of ``import``, each time in a new Python, the contenders in turn. Run: ``python -m benchmarks.imports``"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time

REPEATS = 5
PROGRAMS = {
    "torch": "torch",
    "pellucid": "torch",
    "keras-torch": "torch",
    "keras-jax": "jax",
    "keras-tensorflow": "tensorflow",
}


def seconds(contender: str) -> float:
    module, _, backend = contender.partition("-")
    surroundings = {**os.environ, "KERAS_BACKEND": backend or "torch", "TF_CPP_MIN_LOG_LEVEL": "3"}
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], env=surroundings, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    contenders = [name for name, needed in PROGRAMS.items() if importlib.util.find_spec(needed)]
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(REPEATS + 1):  # the first fills the caches of bytecode and disk
        for name in contenders:
            found[name] += [seconds(name)] if turn else [seconds(name)][:0]
    medians = {name: statistics.median(times) for name, times in found.items()}
    print("\nimport, in a new process")
    for name, median in medians.items():
        beyond = median - medians["torch"]
        print(f"  {name:<18} {median:6.2f} s   {beyond:+6.2f} s to PyTorch's own")


if __name__ == "__main__":
    main()
