"""Small whole numbers in place of weights and inputs, the same on both sides of a proof.

Above:  proving.py.
Kept true: a conversion of ours is followed weight by weight through its ledger, and gets numbers drawn at random. Where
           there is no ledger, each value is replaced by a number that depends on the value alone, so that it does not
           matter where it went; there, weights whose values are all alike cannot tell their order.
"""

from __future__ import annotations

import math

import numpy as np
import torch

_BITS = 22
_UNKNOWN = 100


def drawn(weights: dict[str, torch.Tensor], seed: int) -> dict[str, torch.Tensor]:
    """Whole numbers for each weight, most of a kernel 0, so that sums stay small; variances are 1 or 4, less a usual epsilon."""
    rng = torch.Generator().manual_seed(seed)
    return {name: _numbers(name, value, rng).to(value.device, value.dtype) for name, value in weights.items()}


def _numbers(name: str, value: torch.Tensor, rng) -> torch.Tensor:
    if value.ndim < 2:
        signs = _signs(value.shape, rng)
        # Scales are not 0, or nothing behind them would be seen.
        scales = "gamma" in name or "scale" in name
        if _is_variance(name):
            return 4.0 ** torch.randint(0, 2, value.shape, generator=rng) - 1e-3
        return signs if scales else signs * torch.randint(0, 3, value.shape, generator=rng)
    # About three numbers to each sum: values then grow slowly, even through a hundred layers.
    share, numbers = min(1.0, 3 / _sums_over(name, value)), torch.zeros(value.numel())
    if share > 0.3:
        return torch.where(torch.rand(value.shape, generator=rng) < share, _signs(value.shape, rng), 0.0)
    # Few are not 0, so their places are drawn, and not a number for each place.
    places = torch.randint(0, max(1, value.numel()), (round(share * value.numel()),), generator=rng)
    numbers[places] = _signs(places.shape, rng)
    return numbers.reshape(value.shape)


def _signs(shape, rng) -> torch.Tensor:
    return torch.randint(0, 2, shape, generator=rng) * 2.0 - 1.0


def _sums_over(name: str, value: torch.Tensor) -> int:
    """How many numbers of a kernel meet in one sum, at most."""
    if "embedding" in name:
        return 1
    return math.prod(value.shape[:-2] if "depthwise" in name else value.shape[:-1])


def _is_variance(name: str) -> bool:
    return "variance" in name or "running_var" in name


def _share(value: torch.Tensor) -> float:
    """How many of a kernel's numbers are not 0: about four to each sum."""
    return min(1.0, 6.0 / math.sqrt(max(1, value.numel())) + 0.02) if value.ndim > 1 else 1.0


class Code:
    """A number for each value that occurs in some weights.

    Args:
        weights: of the first side.
        seed: of the numbers.
    """

    def __init__(self, weights: dict[str, torch.Tensor], seed: int):
        self._table = np.full(1 << _BITS, _UNKNOWN, np.int8)
        rng = np.random.default_rng(seed)
        for name, value in sorted(weights.items(), key=lambda pair: _is_variance(pair[0])):
            places = _places(value)
            share = _share(value)
            numbers = rng.integers(0, 2, places.size, dtype=np.int8) * 2 - 1
            if value.ndim > 1 and share < 1:
                numbers[rng.random(places.size, dtype=np.float32) >= share] = 0
            # Variances come last, so that they stay above 0 whatever else has the same values.
            self._table[places] = 1 if _is_variance(name) else numbers
        self._table[_places(torch.zeros(1))] = 0

    def apply(self, weights: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], int]:
        """The numbers for these weights, and how many of their values were not among those known."""
        found, unknown = {}, 0
        for name, value in weights.items():
            numbers = self._table[_places(value)]
            unknown += int((numbers == _UNKNOWN).sum())
            found[name] = (
                torch.from_numpy(numbers.astype(np.float32)).reshape(value.shape).to(value.device, value.dtype)
            )
        return found, unknown


def _places(value: torch.Tensor) -> np.ndarray:
    bits = value.detach().to("cpu", torch.float32).contiguous().view(torch.int32).numpy().ravel().astype(np.uint32)
    # -0.0 is 0.0 here; the factor is that of Knuth's multiplicative hashing.
    bits = np.where(bits == 0x80000000, np.uint32(0), bits)
    return ((bits * np.uint32(2654435761)) >> np.uint32(32 - _BITS)).astype(np.int64)


def inputs(shapes, dtypes, samples: int, seed: int, most: int = 2, below: int = 2) -> list[np.ndarray]:
    """Whole numbers for each input: from -`most` to `most`, or from 0 to below `below` where only integers go in."""
    rng = np.random.default_rng(seed)
    made = []
    for shape, dtype in zip(shapes, dtypes, strict=True):
        low, high = (0, below) if "int" in dtype or "bool" in dtype else (-most, most + 1)
        made.append(rng.integers(low, high, (samples, *shape[1:])).astype(dtype))
    return made
