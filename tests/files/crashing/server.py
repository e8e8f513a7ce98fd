"""Server: does a piece of work again and again, each time in a process that a preloaded shim may stop on the way.

Run by crashes.py with the shim and a module that has `WORKS`, `prepare` and `LEAVES_NO_TRACES`. Reads jobs as lines of
JSON, and answers each with a line. Everything is imported once; a job is a fork where it must be, which costs a tenth of a
second where a new process would cost several.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys

import torch

torch.set_num_threads(1)
KILLING = (1, 2)  # as shim.c numbers them


def done(job: dict, shim, works) -> dict:
    """What came of a job: how it ended, how many calls it made, and which."""
    shim.crash_arm(job["folder"].encode(), job["point"], job["mode"], job["plain"])
    gave = None
    try:
        gave = works.WORKS[job["work"]](job["kind"], job["folder"])
        told = "saved"
    except Exception as error:
        told = f"{type(error).__module__}.{type(error).__name__}: {error}"
    calls = shim.crash_disarm()
    shim.crash_ops.restype = ctypes.c_char_p
    return {"told": told, "gave": gave, "calls": calls, "ops": shim.crash_ops().decode().split("\n")[:-1]}


def answered(job: dict, shim, works) -> dict:
    """The same, from a process of its own if it may be killed or leaves traces; "killed" if it did not live to tell."""
    if works.LEAVES_NO_TRACES and job["mode"] not in KILLING:
        return done(job, shim, works)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with open(writing, "w") as pipe:
            json.dump(done(job, shim, works), pipe)
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"told": "killed"}


def main() -> None:
    shim = ctypes.CDLL(sys.argv[1])
    works = importlib.import_module(sys.argv[2])
    works.prepare()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answered(json.loads(line), shim, works)), flush=True)


if __name__ == "__main__":
    main()
