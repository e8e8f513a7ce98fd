"""Share: the rows of a batch that this process computes, and how what came of them meets what came of the others.

Below:  team.py carries values between the processes.
Above:  engine/sharing.py opens one for each step; losses, optimizers, draws and BatchNormalization ask `open_share`.
Kept true: the losses of all shares, each weighted by its rows, add up to the loss of the whole batch; so do gradients.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Protocol

import torch

from pellucid.distribution.team import Team


class Luggage(Protocol):
    """Numbers to be added up over all shares."""

    def packed(self) -> torch.Tensor:
        """This share's, as one row."""

    def unpack(self, total: torch.Tensor) -> None:
        """Take the sums."""


@dataclass(frozen=True)
class Share:
    """Some rows of a batch.

    Args:
        team: the processes.
        rows: how many rows are this process's. Where there are none, it computes a row of another process, which counts
            for nothing: so that all processes do the same steps.
        of: how many rows the batch has.
        luggage: what travels with the gradients, so that a step needs one journey.
    """

    team: Team
    rows: int
    of: int
    luggage: Luggage | None = None

    @classmethod
    def of_rows(cls, team: Team, of: int) -> Share:
        """This process's share of a batch that all processes have."""
        start, stop = team.bounds(of)
        return cls(team, stop - start, of)

    @property
    def weight(self) -> float:
        """The part of the batch that is this process's."""
        return self.rows / self.of if self.rows else 0.0

    def weighted(self, x: torch.Tensor) -> torch.Tensor:
        """The value times the part of the batch; a new tensor."""
        return x * self.weight if self.rows else torch.zeros_like(x)

    def total(self, x: torch.Tensor) -> torch.Tensor:
        """The sum over all shares, without a gradient."""
        return self.team.total(x.detach().clone() if self.rows else torch.zeros_like(x))

    def summed(self, x: torch.Tensor) -> torch.Tensor:
        """The sum over all shares, through which gradients flow back to all of them."""
        return _Summed.apply(x, self)

    def part_of_mean(self, mean: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        """A mean over a share, made such that the mean over rows gives the mean over the whole batch.

        Args:
            amount: how much the mean is over, which need not go by rows: what a mask leaves, or a sum of weights.
        """
        whole = self.total(amount)
        if not self.rows:
            return mean
        return mean * torch.where(whole == 0, 0.0, amount / torch.where(whole == 0, 1.0, whole)) / self.weight

    def part_of_sum(self, total: torch.Tensor) -> torch.Tensor:
        """A sum over a share, made such that the mean over rows gives the sum over the whole batch."""
        return total / self.weight if self.rows else total

    def met(self, gradients: list, variables: list) -> list:
        """The gradients of the whole batch, from those of this share.

        One that no process has stays None. Gradients of weights that are held in parts have met in the backward pass.
        """
        found = [
            variable.part.grad if _is_in_parts(variable) else one
            for one, variable in zip(gradients, variables, strict=True)
        ]
        places = [k for k, variable in enumerate(variables) if not _is_in_parts(variable)]
        if not places:
            return found
        tensors = [self._weighted_gradient(found[k], variables[k]) for k in places]
        known = torch.tensor([float(found[k] is not None) for k in places], device=tensors[0].device)
        *totals, known_somewhere, luggage = self.team.totals([*tensors, known, self._packed(known)])
        if self.luggage is not None:
            self.luggage.unpack(luggage)
        if any(found[k] is None for k in places):
            totals = [one if is_known else None for one, is_known in zip(totals, known_somewhere.tolist(), strict=True)]
        for k, total in zip(places, totals, strict=True):
            found[k] = total
        return found

    def _packed(self, beside: torch.Tensor) -> torch.Tensor:
        return beside.new_empty(0) if self.luggage is None else self.luggage.packed()

    def _weighted_gradient(self, gradient, variable):
        if gradient is None:
            return torch.zeros_like(variable.part)
        gradient = torch.as_tensor(gradient)
        return self.weighted(gradient if gradient.layout is torch.strided else gradient.to_dense())


def _is_in_parts(variable) -> bool:
    return getattr(variable, "sharding", None) is not None


class _Summed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, share):
        ctx.share = share
        return share.total(x)

    @staticmethod
    def backward(ctx, gradient):
        # What comes back will be weighted by rows once more, where gradients of weights meet.
        share = ctx.share
        whole = share.team.total(share.weighted(gradient))
        return (whole / share.weight if share.rows else torch.zeros_like(whole)), None


class _Open:
    share: Share | None = None


_open = _Open()


def open_share() -> Share | None:
    """The share that is being computed; None in a job of one process, and outside of steps."""
    return _open.share


@contextlib.contextmanager
def computing(share: Share | None):
    """While open, this share is computed; None for none."""
    outer, _open.share = _open.share, share
    try:
        yield
    finally:
        _open.share = outer
