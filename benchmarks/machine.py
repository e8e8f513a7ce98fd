"""What the machine itself can do: the rate of matrix products, memory's bandwidth; and what a case asks of it.

Measured in the run whose figures stand beside it; the floor of a case is its operations over the best rate.
"""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.cases import Case
from benchmarks.networks import NETWORKS

SIDE = 2048  # of the matrices
COPIED_BYTES = 1 << 28
REPEATS = 7


@dataclass(frozen=True)
class Machine:
    """Rates in operations a second (a multiplication and an addition are two), bandwidth in bytes a second."""

    cores: int
    processor: str
    rates: dict[str, float]
    bandwidth: float

    def share(self, case: Case, seconds: float) -> float:
        """Of the best rate, what a case reaches."""
        return operations(case) / seconds / self.rates[case.precision]

    def __str__(self) -> str:
        rates = ", ".join(f"{rate / 1e9:,.0f} GFLOP/s in {precision}" for precision, rate in self.rates.items())
        return f"{self.processor}, {self.cores} cores; matrix products {rates}; memory {self.bandwidth / 1e9:.1f} GB/s"


def measured() -> Machine:
    rates = {precision: _matrix_rate(getattr(torch, precision)) for precision in ("float32", "bfloat16")}
    return Machine(len(os.sched_getaffinity(0)), _processor(), rates, _bandwidth())


def operations(case: Case) -> int:
    """Of one call of the case, counted by PyTorch on the bare module; convolutions and products alone."""
    network = NETWORKS[case.network]
    module = network.bare()
    x = torch.zeros((1, network.shape[-1], *network.shape[:-1]))
    with FlopCounterMode(display=False) as counter:
        y = module(x)
        if case.task == "fit":
            y.sum().backward()
    return counter.get_total_flops() * case.samples


def _matrix_rate(dtype: torch.dtype) -> float:
    a, b = torch.rand(SIDE, SIDE).to(dtype), torch.rand(SIDE, SIDE).to(dtype)
    return 2 * SIDE**3 / _shortest(lambda: a @ b)


def _bandwidth() -> float:
    source, target = torch.ones(COPIED_BYTES // 4), torch.empty(COPIED_BYTES // 4)
    return 2 * COPIED_BYTES / _shortest(lambda: target.copy_(source))


def _shortest(run) -> float:
    run()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return min(times)


def _processor() -> str:
    with open("/proc/cpuinfo") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
