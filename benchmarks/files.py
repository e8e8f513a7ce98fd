"""Loading and saving VGG16's files, beside every Keras backend that is installed: seconds and peak memory.

Run: ``python -m benchmarks.files``, or with the endings of some kinds: ``python -m benchmarks.files .keras .h5``

Each call runs in a process of its own, which imports first and is timed after that; the processes of all contenders take
turns. Files lie in the page cache, so that the disk is not what is measured; saving waits for the disk where a library does.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ENDINGS = (".keras", ".weights.h5", ".h5", ".safetensors")
OURS_ALONE = (".safetensors",)
BACKENDS = ("torch", "tensorflow", "jax")
REPEATS = 3


def once(library: str, action: str, path: str) -> dict:
    """Do one thing in this process: its seconds, and the megabytes by which the peak grew."""
    module = importlib.import_module("pellucid" if library == "pellucid" else "keras")
    model = None
    if action == "save" or path.endswith(".weights.h5"):
        model = module.applications.VGG16(weights=None)
    work = {
        "save": lambda: (model.save_weights if path.endswith(".weights.h5") else model.save)(path),
        "load": lambda: model.load_weights(path) if model else module.models.load_model(path),
    }[action]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def asked(library: str, action: str, path: str) -> dict:
    """The same from a process of its own."""
    surroundings = {**os.environ, "KERAS_BACKEND": library.removeprefix("keras-"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    surroundings["KERAS_BACKEND"] = "torch" if library == "pellucid" else surroundings["KERAS_BACKEND"]
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.files", library, action, path]
    return json.loads(subprocess.run(command, env=surroundings, check=True, capture_output=True, text=True).stdout)


def main(endings=ENDINGS) -> None:
    installed = [backend for backend in BACKENDS if importlib.util.find_spec(backend)]
    libraries = ["pellucid", *(f"keras-{backend}" for backend in installed)]
    with tempfile.TemporaryDirectory() as folder:
        for ending in endings:
            contenders = libraries[:1] if ending in OURS_ALONE else libraries
            for action in ("save", "load"):
                found: dict[str, list[dict]] = {library: [] for library in contenders}
                for _ in range(REPEATS):
                    for library in contenders:
                        found[library].append(asked(library, action, os.path.join(folder, f"{library}{ending}")))
                _report(f"{action} VGG16{ending}", found)


def _report(title: str, found: dict[str, list[dict]]):
    medians = {
        library: {unit: statistics.median(run[unit] for run in runs) for unit in ("seconds", "megabytes")}
        for library, runs in found.items()
    }
    ours = medians["pellucid"]["seconds"]
    print(f"\n{title}")
    for library, median in medians.items():
        seconds, megabytes = median["seconds"], median["megabytes"]
        print(f"  {library:<18} {seconds:7.2f} s   {seconds / ours:6.2f} x   peak {megabytes:6.0f} MB more")


if __name__ == "__main__":
    if sys.argv[1:] and not sys.argv[1].startswith("."):
        print(json.dumps(once(*sys.argv[1:])))
    else:
        main(sys.argv[1:] or ENDINGS)
