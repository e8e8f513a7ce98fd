"""Measuring: what a run shows to reach an element, where no link can tell: one input element changed at a time.

Below:  engine/ runs the model, through its call.
Above:  trace.py, for ``sources(..., verify=True)``.
Kept true: what is found did reach, for these values; what is not found may still reach for others, and the answer
           says so.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentError
from pellucid.xray.regions import Region

_BATCH = 256
_MOST = 100_000
_STEPS = (0.5, -1.0)


def reaching(run, inputs: list[torch.Tensor], k: int, candidates: Region, start: Region) -> Region:
    """The candidates in input number `k` whose change changes some element of a region of the output of `run`.

    Args:
        run: from input values to the output's values.
        inputs: of one sample.

    Raises:
        ArgumentError: too many candidates to try each.
    """
    if candidates.count > _MOST:
        raise ArgumentError(
            "There are too many elements to change one by one.", got=candidates.count, expected=f"{_MOST} at most",
            fix="to= a layer nearer by",
        )  # fmt: skip
    before = run(inputs)[0].cpu().numpy()[start.as_mask()]
    places = list(candidates)
    mask = np.zeros(candidates.shape, dtype=bool)
    for first in range(0, len(places), _BATCH):
        some = places[first : first + _BATCH]
        for step in _STEPS:
            after = run(_changed(inputs, k, some, step)).cpu().numpy()[:, start.as_mask()]
            for place, values in zip(some, after, strict=True):
                mask[place] |= not np.array_equal(values, before, equal_nan=True)
    return Region.of_mask(mask)


def _changed(inputs, k: int, places, step: float) -> list[torch.Tensor]:
    """A batch of the sample, in each copy one element moved; whole numbers by 1."""
    copies = [x.repeat(len(places), *[1] * (x.ndim - 1)) for x in inputs]
    for copy, place in enumerate(places):
        copies[k][(copy, *place)] += step if copies[k].is_floating_point() else 1
    return copies
