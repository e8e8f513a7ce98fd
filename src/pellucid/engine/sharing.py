"""Sharing: what several processes do beside the steps of one, so that all of them hold the same model and numbers.

Below:  data/shares.py (which rows are whose), distribution/ (how values meet).
Above:  step_functions.py has its steps made shared here, train.py has the processes meet before a loop.
Kept true: between steps, weights, metrics and the random state are the same in all processes; only inside a step does each
           draw its own numbers. A single process gets its own functions back, and pays nothing.
"""

from __future__ import annotations

import contextlib
import weakref
import zlib
from collections.abc import Callable
from dataclasses import replace

import torch

from pellucid import nest
from pellucid.distribution import sharding
from pellucid.distribution.share import Share, computing
from pellucid.distribution.team import Team, current_team
from pellucid.engine.data.shares import cut, is_shared_out
from pellucid.engine.logs import BatchLogs

# Models whose weights are the same in all processes already.
_met: weakref.WeakSet = weakref.WeakSet()


def is_alone() -> bool:
    """Whether no other process works on this job."""
    return current_team() is None


def meet(model, loop: str, batches) -> None:
    """Have all processes begin a loop together, with the weights of process 0.

    Args:
        loop: "fit", "evaluate" or "predict".
        batches: an EpochIterator.

    Raises:
        StateError: another process begins another loop, or has another model.
    """
    team = current_team()
    if team is None:
        return
    team.check_same("loop", loop, "fit, evaluate and predict in all processes, not in one alone")
    if loop == "predict" and not model.built:
        model._symbolic_build(iterator=batches)
    weights = [f"{v.path} of shape {v.shape}, {v._dtype}" for v in model.variables]
    team.check_same("model", [one.partition("/")[2] for one in weights], "make the same layers in all processes")
    if loop == "fit" or model not in _met:
        optimizer = getattr(model, "optimizer", None)
        _take_over(team, [*model.variables, *([] if optimizer is None else optimizer.variables)])
        _met.add(model)


def _take_over(team: Team, variables):
    """Give all processes the values of process 0; weights in parts are the same from the start."""
    with torch.no_grad():
        for variable in variables:
            if variable.sharding is None and variable._value is not None:
                value = variable._value.detach().contiguous()
                team.agreed(value)
                if team.rank:
                    variable.assign(value)


def shared_step(model, once: Callable, measures_first: Callable[[], bool] = lambda: False) -> Callable:
    """The function of one batch, or, where there are several processes, of this one's share of it.

    Args:
        measures_first: whether a step that learns has updated its metrics when its gradients meet.
    """
    team = current_team()
    return once if team is None else SharedStep(model, once, team, measures_first)


def shared_outputs(once: Callable) -> Callable:
    """The same for a function that gives outputs, which then are those of the whole batch, in every process."""
    team = current_team()
    if team is None:
        return once

    def run(data):
        data = cut(data, team)
        outputs = once(data)
        if is_shared_out():
            return outputs
        sizes = team.sizes(data.share.of)
        return nest.map_structure(lambda y: team.gathered(y, sizes) if _has_rows(y, data.share) else y, outputs)

    return run


def _has_rows(y, share: Share) -> bool:
    return isinstance(y, torch.Tensor) and y.ndim > 0 and len(y) == max(share.rows, 1)


class SharedStep:
    """A function of one batch, for a share of it: what it adds to metrics meets afterwards, and what moves by itself.

    Args:
        model: a Trainer.
        once: gives logs for a batch.
        measures_first: whether a step that learns has updated its metrics when its gradients meet.
    """

    def __init__(self, model, once: Callable, team: Team, measures_first: Callable[[], bool]):
        self._model, self._once, self._team, self._measures_first = model, once, team, measures_first
        self._random = _OwnRandom(team.rank)
        self._of_epoch: tuple | None = None  # the model's Running, and what was found for it

    def __call__(self, data):
        data = cut(data, self._team)
        moving, is_in_parts = self._found()
        tally = _Tally(self._model, data.share, moving)
        share = replace(data.share, luggage=tally) if self._measures_first() else data.share
        with computing(share), self._random, _weights_put_away(is_in_parts):
            logs = self._once(data)
        return tally.met(logs)

    def _found(self) -> tuple[list, bool]:
        """Weights that a forward run moves by itself, and whether any weight is held in parts."""
        running = self._model._running
        if self._of_epoch is None or self._of_epoch[0] is not running or running is None:
            variables = self._model.variables
            moving = [v for v in variables if not v.made_trainable and v._value.is_floating_point()]
            self._of_epoch = running, moving, any(v.sharding is not None for v in variables)
        return self._of_epoch[1:]


@contextlib.contextmanager
def _weights_put_away(is_in_parts: bool):
    """While open, autograd keeps no weight that was put together from parts."""
    if not is_in_parts:
        yield
        return
    sharding.let_go()  # what was put together outside belongs to no share
    try:
        with torch.autograd.graph.saved_tensors_hooks(sharding.put_away, sharding.take_out):
            yield
    finally:
        sharding.let_go()


class _OwnRandom:
    """While open, PyTorch draws numbers that are this process's own; outside, those that all processes agree on."""

    def __init__(self, rank: int):
        self._rank = rank
        self._own: torch.Tensor | None = None

    def __enter__(self):
        self._agreed = torch.get_rng_state()
        if self._own is None:
            seed = zlib.crc32(self._agreed.numpy().tobytes()) + self._rank
            torch.manual_seed(seed)  # of GPUs too, whose numbers all are a process's own
        else:
            torch.set_rng_state(self._own)

    def __exit__(self, *exception):
        self._own = torch.get_rng_state()
        torch.set_rng_state(self._agreed)


class _Tally:
    """What a step adds to the metrics, and moves in the model by itself.

    Metrics add up: each process counts from 0 in a step, and the sum is added to what there was before.
    """

    def __init__(self, model, share: Share, moving: list):
        self._model, self._share, self._moving = model, share, moving
        self._before = {id(v): v._value.clone() for v in self._sums()}
        self._has_met = False
        for variable in self._sums():
            variable._value.zero_()

    def _sums(self) -> list:
        return [v for metric in self._model.metrics for v in metric.variables]

    def packed(self) -> torch.Tensor:
        """Numbers of this share, as one row; float64 holds every float32 and int32 exactly."""
        sums = [v._value if self._share.rows else torch.zeros_like(v._value) for v in self._sums()]
        values = [*sums, *(self._share.weighted(v._value) for v in self._moving)]
        device = values[0].device if values else None
        return torch.cat([torch.empty(0, dtype=torch.float64, device=device), *(_row(v).to(device) for v in values)])

    def unpack(self, total: torch.Tensor) -> None:
        """Take the sums over all shares."""
        sums = self._sums()
        parts = total.split([v._value.numel() for v in (*sums, *self._moving)])
        with torch.no_grad():
            for variable, part in zip((*sums, *self._moving), parts, strict=True):
                variable._value.copy_(part.view(variable.shape))
            for variable in sums:
                if id(variable) in self._before:
                    variable._value.add_(self._before[id(variable)])
        self._has_met = True

    def met(self, logs):
        """The logs of the whole batch, in every process."""
        if not self._has_met:
            self.unpack(self._share.team.total(self.packed()))
        if logs is None or isinstance(logs, BatchLogs):
            return logs
        results = self._model.get_metrics_result()
        own = {name: value for name, value in logs.items() if name not in results and _is_number(value)}
        return {**logs, **self._means(own), **{name: results[name] for name in logs if name in results}}

    def _means(self, numbers: dict) -> dict:
        """Numbers that a user's step tells, as means over the rows of all shares."""
        if not numbers:
            return {}
        rows = torch.cat([_row(torch.as_tensor(value).detach()) for value in numbers.values()])
        return dict(zip(numbers, self._share.team.total(self._share.weighted(rows)), strict=True))


def _row(values: torch.Tensor) -> torch.Tensor:
    return values.detach().reshape(-1).double()


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, torch.Tensor) and value.numel() == 1)
