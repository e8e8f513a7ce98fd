"""Processes: how many work on this job, which one this is, and how they find each other.

Below:  torch.distributed, which torchrun tells of the others by the environment.
Above:  team.py lets them meet; layouts.py makes meshes of them.
Kept true: a process is a device of the job: a GPU each where there are some, else the CPU; one process asks nobody.
"""

from __future__ import annotations

import os

import torch
import torch.distributed as dist

from pellucid.errors import ArgumentError

_TOLD_BY_LAUNCHERS = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_OURS = "KERAS_DISTRIBUTION_"
_TYPES = {"cpu": "cpu", "gpu": "cuda", "cuda": "cuda"}


def initialize(job_addresses=None, num_processes=None, process_id=None) -> None:
    """Find the other processes of the job. `fit` does so by itself where a launcher such as torchrun tells of them.

    Args:
        job_addresses: addresses with ports, between commas, of which the first counts; ``KERAS_DISTRIBUTION_JOB_ADDRESSES``
            if None.
        num_processes: how many there are; ``KERAS_DISTRIBUTION_NUM_PROCESSES`` if None.
        process_id: which one this is, from 0; ``KERAS_DISTRIBUTION_PROCESS_ID`` if None.

    Raises:
        ArgumentError: only some of the three are known, or they contradict each other.
    """
    addresses = job_addresses or os.environ.get(f"{_OURS}JOB_ADDRESSES")
    number = _whole(num_processes, "NUM_PROCESSES")
    own = _whole(process_id, "PROCESS_ID")
    if addresses is None and number is None and own is None:
        begin()
        return
    told = f"job_addresses={addresses!r}, num_processes={number}, process_id={own}"
    if not addresses or number is None or own is None:
        raise ArgumentError(
            "Processes find each other by an address, their number, and which one each is.",
            got=told,
            fix='initialize("10.0.0.1:1234", num_processes=2, process_id=0)  # or: torchrun --nproc-per-node 2 train.py',
        )
    several = addresses.split(",")
    if (len(several) > 1 and len(several) != number) or not 0 <= own < number:
        raise ArgumentError(
            "The addresses, the number of processes and the process contradict each other.",
            got=told,
            expected=f"{len(several)} processes, numbered from 0" if len(several) > 1 else f"0 to {number - 1}",
        )
    _begin_group(own, init_method=f"tcp://{several[0]}", world_size=number, rank=own)


def _whole(value, name: str) -> int | None:
    value = os.environ.get(_OURS + name) if value is None else value
    return None if value is None else int(value)


def begin() -> bool:
    """Find the other processes, if a launcher tells of any; whether there are several."""
    if not dist.is_available():
        return False
    if not dist.is_initialized() and _is_launched():
        _begin_group(int(os.environ.get("LOCAL_RANK", os.environ["RANK"])))
    return dist.is_initialized() and dist.get_world_size() > 1


def _is_launched() -> bool:
    return all(name in os.environ for name in _TOLD_BY_LAUNCHERS) and int(os.environ["WORLD_SIZE"]) > 1


def _begin_group(local: int, **told):
    on_gpu = backend_device_type() == "cuda"
    if on_gpu:
        torch.cuda.set_device(local % torch.cuda.device_count())
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", **told)


def take_own_gpu() -> None:
    """Have values made on this process's own GPU, where a launcher gave it one."""
    if _is_launched() and "LOCAL_RANK" in os.environ:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())


def count() -> int:
    """How many processes the job has."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_world_size()
    return int(os.environ["WORLD_SIZE"]) if _is_launched() else 1


def rank() -> int:
    """Which process this is, from 0."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank()
    return int(os.environ["RANK"]) if _is_launched() else 0


def is_first() -> bool:
    """Whether this is the process that speaks for all: prints, and writes what a training tells of itself."""
    return rank() == 0


def backend_device_type() -> str:
    """What the processes compute on: "cuda" or "cpu"."""
    chosen = os.environ.get("PELLUCID_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    return chosen.partition(":")[0]


def list_devices(device_type=None) -> list[str]:
    """The devices of the job, such as ``["cpu:0", "cpu:1"]``: one for each process; of a single process, all it sees.

    Args:
        device_type: "cpu" or "gpu"; GPUs where there are some, if None.

    Raises:
        ArgumentError: another type.
    """
    wanted = backend_device_type() if device_type is None else _TYPES.get(str(device_type).lower())
    if wanted is None:
        raise ArgumentError("There are no such devices.", got=repr(device_type), expected='"cpu" or "gpu"')
    number = count()
    if number == 1 and wanted == "cuda":
        number = torch.cuda.device_count()
    if wanted == "cuda" and not torch.cuda.is_available():
        number = 0
    name = "gpu" if wanted == "cuda" else wanted
    return [f"{name}:{index}" for index in range(number)]


def get_device_count(device_type=None) -> int:
    """How many devices `list_devices` tells of."""
    return len(list_devices(device_type))
