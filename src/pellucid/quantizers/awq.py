"""AWQ: rows that meet large inputs are made larger before rounding, so that they lose least.

Below:  groups.py computes scales and rounds.
Source: arXiv 2306.00978, section 3.2: scales are powers of the inputs' sizes; the best power is found by trying.
"""

from __future__ import annotations

import torch

from pellucid.quantizers.groups import (
    dequantize_with_sz_map,
    parameters_around_zero,
    quantize_with_sz_map,
)


class LargestInputs:
    """The largest absolute value of each input seen."""

    def __init__(self, rows: int, device=None):
        self.rows = rows
        self.largest = torch.zeros(rows, device=device)

    def update(self, x: torch.Tensor) -> None:
        """Take in inputs: (samples, rows)."""
        self.largest = torch.maximum(self.largest, x.float().abs().amax(dim=0))


def awq_numbers(weights: torch.Tensor, largest: torch.Tensor, config):
    """Whole numbers of 4 bits for a matrix.

    Shapes:
        weights      (out, in)
        largest      (in,), of LargestInputs
        numbers      (out, in)
        scale, zero  (out, groups)
        awq_scales   (in,), what the columns were multiplied with
        g_idx        (in,)

    Returns:
        ``(numbers, scale, zero, awq_scales, g_idx)``.
    """
    weights = weights.float()
    largest = torch.where(largest < 1e-8, 1.0, largest)
    tries = (_scales(largest, k / config.num_grid_points) for k in range(config.num_grid_points + 1))
    best = min(tries, key=lambda scales: _loss(weights, largest, scales, config))
    numbers, scale, zero, g_idx = _rounded(weights * best, config)
    return numbers, scale, zero, best, g_idx


def _scales(largest, power):
    scales = (largest**power).clamp(min=1e-4)
    return scales / (scales.max() * scales.min()).sqrt().clamp(min=1e-8)


def _loss(weights, largest, scales, config) -> float:
    numbers, scale, zero, g_idx = _rounded(weights * scales, config)
    near = dequantize_with_sz_map(numbers, scale, zero, g_idx) / scales
    return float(((weights - near) * largest).square().mean())


def _rounded(weights, config):
    scale, zero, most = parameters_around_zero(weights, bits=4, group_size=config.group_size)
    group = weights.shape[1] if config.group_size == -1 else config.group_size
    g_idx = torch.arange(weights.shape[1], device=weights.device) // group
    return quantize_with_sz_map(weights, scale, zero, g_idx, most), scale, zero, g_idx
