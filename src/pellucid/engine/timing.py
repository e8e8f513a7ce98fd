"""Timing: where the time of a fit's steps goes, for ``fit(..., profile=True)``.

Above:  train.py times data and callbacks, step.py the parts of a step; `table` says it in a terminal.
Kept true: a fit that is not timed pays nothing for this but a look at None.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import torch

PARTS = ("data", "forward", "metrics", "backward", "optimizer", "callbacks")

_WIDTH = 80


class Timing:
    """Seconds of each part over all steps, and how many steps there were.

    Attributes:
        seconds: by part, in the order of `PARTS`; `forward` is the model and the loss. A step of the user's own is
            `forward` as a whole. What is left, `other`, is what the loop itself takes.
        steps: training steps; several run as one where `steps_per_execution` says so.
    """

    def __init__(self):
        self.seconds = dict.fromkeys((*PARTS, "other"), 0.0)
        self.steps = 0
        self._begun = 0.0
        self._inner = 0.0  # of parts within the part under way

    @contextlib.contextmanager
    def part(self, name: str):
        """Count the block for a part; a part within it counts for itself alone."""
        begun, outer, self._inner = _now(), self._inner, 0.0
        try:
            yield
        finally:
            passed = _now() - begun
            self.seconds[name] += passed - self._inner
            self._inner = outer + passed

    def batches(self, batches) -> Iterator:
        """The same batches, each awaited as `data`; what lies between the parts of a step is `other`."""
        source = iter(batches)
        while True:
            begun, known = _now(), sum(self.seconds.values())
            with self.part("data"):
                batch = next(source, None)
            if batch is None:
                return
            yield batch
            self.steps += len(batch[2])
            self.seconds["other"] += _now() - begun - (sum(self.seconds.values()) - known)

    def table(self) -> str:
        """The parts, one line each, the longest bar for the longest; at most 80 columns wide."""
        total = sum(self.seconds.values())
        steps = max(self.steps, 1)
        lines = [f"{self.steps} steps, {1e3 * total / steps:.3f} ms each"]
        for name, seconds in self.seconds.items():
            share = seconds / total if total else 0.0
            head = f"  {name:<10}{1e3 * seconds / steps:>12.3f} ms {share:>6.1%}  "
            lines.append((head + "#" * round(share * (_WIDTH - len(head)))).rstrip())
        return "\n".join(lines)


def part_of(running, name: str):
    """A block that counts for a part, where the fit that runs is timed."""
    timing = getattr(running, "timing", None)
    return _UNTIMED if timing is None else timing.part(name)


_UNTIMED = contextlib.nullcontext()


def _now() -> float:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter()
