"""GPTQ: numbers chosen column by column, so that the columns still to come make good what rounding lost.

Below:  groups.py computes scales and rounds.
Source: arXiv 2210.17323, algorithm 1 (with the Cholesky factor of the inverse).
"""

from __future__ import annotations

import torch

from pellucid.quantizers.groups import (
    dequantize_with_zero_point,
    parameters_around_zero,
    quantize_with_zero_point,
)

_BLOCK = 128  # columns whose errors reach the columns behind them in one product


class InputProducts:
    """The mean of ``2 * x.T @ x`` over inputs seen: how much an error in each pair of rows hurts."""

    def __init__(self, rows: int, device=None):
        self.hessian = torch.zeros(rows, rows, device=device)
        self.rows = rows
        self.seen = 0

    def update(self, x: torch.Tensor) -> None:
        """Take in inputs: (samples, rows)."""
        x = x.float()
        total = self.seen + x.shape[0]
        self.hessian = self.hessian * (self.seen / total) + (2 / total) * (x.T @ x)
        self.seen = total


def gptq_numbers(weights: torch.Tensor, hessian: torch.Tensor, config):
    """Whole numbers for a matrix.

    Shapes:
        weights      (out, in)
        hessian      (in, in), of InputProducts
        numbers      (out, in)
        scale, zero  (out, groups)
        g_idx        (in,)

    Returns:
        ``(numbers, scale, zero, g_idx)``.
    """
    hessian = _damped(hessian, config.hessian_damping)
    columns = weights.shape[1]
    order = torch.arange(columns, device=weights.device)
    if config.activation_order:
        order = torch.argsort(hessian.diagonal(), descending=True, stable=True)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian[order][:, order]))
    numbers, scale, zero = _rounded_in_turn(
        weights[:, order].float(), torch.linalg.cholesky(inverse, upper=True), config
    )
    group = columns if config.group_size == -1 else config.group_size
    back = torch.argsort(order)
    return numbers[:, back], scale, zero, (torch.arange(columns, device=weights.device) // group)[back]


def _damped(hessian, damping):
    """The products with a diagonal above 0, so that they can be inverted."""
    diagonal = hessian.diagonal()
    diagonal = torch.where(diagonal == 0, 1.0, diagonal)
    return hessian - torch.diag(hessian.diagonal()) + torch.diag(diagonal + damping * diagonal.mean())


def _rounded_in_turn(weights, factor, config):
    """Round the columns one after another; each error goes to the columns behind, as the factor says."""
    weights = weights.clone()
    columns = weights.shape[1]
    group = columns if config.group_size == -1 else config.group_size
    numbers = torch.zeros_like(weights)
    scales, zeros = [], []
    for start in range(0, columns, _BLOCK):
        end = min(start + _BLOCK, columns)
        errors = torch.zeros_like(weights[:, start:end])
        for k in range(start, end):
            if k % group == 0:
                scale, zero, most = _parameters(_with_errors(weights, errors, factor, start, k, k + group), config)
                scales.append(scale)
                zeros.append(zero)
            column = weights[:, k : k + 1]
            numbers[:, k : k + 1] = quantize_with_zero_point(column, scale, zero, most)
            lost = column - dequantize_with_zero_point(numbers[:, k : k + 1], scale, zero)
            errors[:, k - start : k - start + 1] = lost / factor[k, k]
            weights[:, k + 1 : end] -= errors[:, k - start : k - start + 1] * factor[k, k + 1 : end]
        weights[:, end:] -= errors @ factor[start:end, end:]
    return numbers, torch.cat(scales, dim=1), torch.cat(zeros, dim=1)


def _with_errors(weights, errors, factor, start, first, last):
    """The columns of a group, with the errors of this block, of which those behind the block have not heard yet."""
    end = start + errors.shape[1]
    behind = weights[:, end:last] - errors[:, : first - start] @ factor[start:first, end:last]
    return torch.cat([weights[:, first : min(last, end)], behind], dim=1)


def _parameters(weights, config):
    return parameters_around_zero(
        weights, bits=config.weight_bits, symmetric=config.symmetric, per_channel=config.per_channel
    )
