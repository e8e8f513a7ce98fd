"""A process that loads files one by one and tells how each went; memory and openings are watched from outside.

Each line that it reads is JSON: {"model": path}, or {"weights": path, "units": of the model's layers}, with a "limit":
bytes of address space on top of what there is, or null. Each line that it writes: {"told": the error's class or "loaded",
"extra": bytes of memory at most, beyond what was taken before}.
"""

import json
import resource
import sys

import torch

import pellucid
from pellucid import settings
from pellucid.saving import load_model


def status(word: str) -> int:
    """A number of bytes that the system keeps for this process."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(word))


def model_of(units: int):
    """Four layers; all its memory is in use."""
    L = pellucid.layers
    model = pellucid.Sequential([pellucid.Input((units,)), *(L.Dense(units) for _ in range(4))])
    model.set_weights([weight + 1 for weight in model.get_weights()])
    return model


def run(job: dict) -> dict:
    """Do a job."""
    settings.clear_session(free_memory=False)
    load, path = (load_model, job["model"]) if "model" in job else (model_of(job["units"]).load_weights, job["weights"])
    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    before = status("VmRSS")
    if job["limit"] is not None:
        resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + job["limit"], unlimited[1]))
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins here
    try:
        load(path)
        told = "loaded"
    except BaseException as error:
        told = type(error).__name__
    resource.setrlimit(resource.RLIMIT_AS, unlimited)
    return {"told": told, "extra": status("VmHWM") - before}


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
