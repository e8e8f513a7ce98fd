"""What a change of each input element changes: the judge where there is no derivative to ask."""

from __future__ import annotations

import numpy as np
import torch


def drawn(model, seed: int) -> list[torch.Tensor]:
    rng = np.random.default_rng(seed)
    values = []
    for x in model.inputs:
        if x.dtype == "bool":
            values.append(torch.as_tensor(rng.random((1, *x.shape[1:])) < 0.6))
        elif x.dtype == "int32":
            values.append(torch.as_tensor(rng.integers(0, 3, (1, *x.shape[1:])), dtype=torch.int32))
        else:
            values.append(torch.as_tensor(rng.normal(size=(1, *x.shape[1:]))))
    return values


def changed(x: torch.Tensor) -> tuple[torch.Tensor, list]:
    """Copies of a value with one element changed, in a few ways, as one batch; and the place of the change in each."""
    others = {torch.bool: [False, True], torch.int32: [0, 1, 2]}.get(x.dtype, [-30.0, -2.0, 0.3, 30.0])
    places = [place for place in np.ndindex(*x.shape[1:]) for _ in others]
    copies = x.repeat(len(places), *[1] * (x.ndim - 1))
    for k, place in enumerate(places):
        copies[(k, *place)] = others[k % len(others)]
    return copies, places


def outputs(model, values) -> list[np.ndarray]:
    with torch.no_grad():
        given = model(values if len(values) > 1 else values[0])
    return [one.double().numpy() for one in (given if isinstance(given, (list, tuple)) else [given])]


def support(model, seeds: int) -> list[list[np.ndarray]]:
    """For each output and input an array (output places, input places): whether some change changes it."""
    found = [[np.zeros((*y.shape[1:], *x.shape[1:]), dtype=bool) for x in model.inputs] for y in model.outputs]
    for seed in range(seeds):
        values = drawn(model, seed)
        before = outputs(model, values)
        for k, value in enumerate(values):
            copies, places = changed(value)
            beside = [x.repeat(len(places), *[1] * (x.ndim - 1)) for x in values]
            after = outputs(model, [*beside[:k], copies, *beside[k + 1 :]])
            for tables, old, new in zip(found, before, after, strict=True):
                for place, other in zip(places, abs(new - old) > 1e-9, strict=True):  # batches round anew
                    tables[k][(..., *place)] |= other
    return found
