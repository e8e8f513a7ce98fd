"""Sharding: a weight held in parts, one for each process, and put together where it is read.

Below:  torch.distributed.tensor (DTensor) splits, gathers and sums, also where an axis does not divide evenly.
Above:  graph/variable.py reads and assigns weights through this.
Kept true: parts are put together in the same order in every process; what is kept of them goes by their number and size
           alone, never by which tensors happen to be alive.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict

import torch

from pellucid.distribution import processes
from pellucid.distribution.layouts import TensorLayout
from pellucid.distribution.share import open_share
from pellucid.distribution.strategies import ModelParallel, distribution
from pellucid.distribution.team import current_team
from pellucid.errors import ArgumentError, ShapeError

# Weights that were put together last are kept: a bias is read beside its kernel, a recurrent kernel in every step.
KEPT_BYTES = 2**26
FEWEST_KEPT = 4


class Sharding:
    """How one weight is held.

    Args:
        layout: along which axes of the mesh.
        shape: of the whole weight.
    """

    made = False  # whether there is any

    def __init__(self, layout: TensorLayout, shape: tuple[int, ...]):
        Sharding.made = True
        self.layout = layout
        self._shape = torch.Size(shape)
        self._mesh = layout.device_mesh.backend_mesh
        self._placements = layout.backend_layout

    def part_of(self, whole: torch.Tensor) -> torch.Tensor:
        """This process's part of a value that every process has."""
        from torch.distributed.tensor import distribute_tensor

        split = distribute_tensor(whole.detach(), self._mesh, self._placements, src_data_rank=None)
        return split.to_local().clone(memory_format=torch.contiguous_format)

    def first_part_of(self, whole: torch.Tensor) -> torch.Tensor:
        """This process's part of a first value: that of process 0, for each may have drawn its own."""
        team = current_team()
        return self.part_of(whole if team is None else team.agreed(whole.detach().contiguous()))

    def whole(self, part: torch.Tensor) -> torch.Tensor:
        """The value that all processes hold together; gradients flow back to the parts."""
        if (put := _put_together.get(id(part))) is not None:
            return put
        key = id(part), part._version, torch.is_grad_enabled() and part.requires_grad
        if key not in _kept:
            whole = _Whole.apply(part, self)
            whole._pellucid_part = self, part
            _keep(key, part, whole)
        return _kept[key][1]

    def gathered(self, part: torch.Tensor) -> torch.Tensor:
        """The whole value from the parts, weights or gradients, with nothing for autograd to remember."""
        return self._as_parts(part, self._placements).full_tensor()

    def total_part(self, gradient: torch.Tensor) -> torch.Tensor:
        """This process's part of the sum of what all processes have."""
        from torch.distributed.tensor import Partial

        summands = self._as_parts(gradient.contiguous(), [Partial()] * self._mesh.ndim)
        return summands.redistribute(placements=self._placements).to_local().contiguous()

    def total_over_parts(self, number: torch.Tensor) -> torch.Tensor:
        """The sum over the parts of a number that each process has of its own part."""
        from torch.distributed.tensor import DTensor, Partial, Replicate

        placements = [Replicate() if one.is_replicate() else Partial() for one in self._placements]
        return DTensor.from_local(number, self._mesh, placements, run_check=False).full_tensor()

    def _as_parts(self, part, placements):
        from torch.distributed.tensor import DTensor

        strides = torch.empty(self._shape, device="meta").stride()
        return DTensor.from_local(
            part.detach(), self._mesh, placements, run_check=False, shape=self._shape, stride=strides
        )


class _Whole(torch.autograd.Function):
    @staticmethod
    def forward(ctx, part, sharding):
        ctx.sharding, ctx.share = sharding, open_share()
        return sharding.gathered(part)

    @staticmethod
    def backward(ctx, gradient):
        weighted = gradient if ctx.share is None else ctx.share.weighted(gradient)
        return ctx.sharding.total_part(weighted), None


_kept: OrderedDict[tuple, tuple] = OrderedDict()


def _keep(key, part, whole):
    _kept[key] = part, whole
    size_bytes = sum(kept.nbytes for _, kept in _kept.values())
    while len(_kept) > FEWEST_KEPT and size_bytes > KEPT_BYTES:
        size_bytes -= _kept.popitem(last=False)[1][1].nbytes


def let_go() -> None:
    """Keep no weight that was put together; to be called in every process at the same place."""
    _kept.clear()


_put_together: dict[int, torch.Tensor] = {}


@contextlib.contextmanager
def put_together(variables, keeps: bool = True):
    """While open, these weights are whole in this process, on the CPU; all processes must open it.

    Args:
        keeps: False where this process only brings its parts.
    """
    parts = [variable for variable in variables if variable.sharding is not None]
    for variable in parts:
        whole = variable.sharding.gathered(variable.part)
        if keeps:
            _put_together[id(variable.part)] = whole.cpu()
    try:
        yield
    finally:
        for variable in parts:
            _put_together.pop(id(variable.part), None)


def put_away(x: torch.Tensor):
    """What autograd is to keep in place of a value: of a weight that was put together, only how to do so again."""
    whole = x if x._base is None else x._base
    told = getattr(whole, "_pellucid_part", None)
    return x if told is None else (*told, x.shape, x.stride(), x.storage_offset())


def take_out(kept) -> torch.Tensor:
    """The value that `put_away` was given."""
    if isinstance(kept, torch.Tensor):
        return kept
    sharding, part, *view = kept
    with torch.no_grad():
        return sharding.whole(part).as_strided(*view)


def in_use() -> bool:
    """Whether this process holds weights in parts."""
    return Sharding.made


def sharding_for(variable) -> Sharding | None:
    """How a new weight is to be held; None for whole.

    Raises:
        ArgumentError: the mesh has another number of devices than the job has processes.
        ShapeError: the layout names more axes than the weight has.
    """
    strategy = distribution()
    layout = variable._layout
    if layout is None and isinstance(strategy, ModelParallel) and variable.made_trainable:
        layout = strategy.get_variable_layout(variable)
    if layout is None or layout.device_mesh is None or not any(layout.axes) or current_team() is None:
        return None
    if len(layout.axes) > len(variable.shape):
        raise ShapeError(
            f"The layout of '{variable.path}' has more axes than the weight.",
            got=f"{layout.axes} for shape {variable.shape}",
            expected=f"{len(variable.shape)} axes",
        )
    if layout.device_mesh.devices.size != processes.count():
        raise ArgumentError(
            "A mesh has one device for each process.",
            got=f"{layout.device_mesh.devices.size} devices, {processes.count()} processes",
            fix=f"torchrun --nproc-per-node {layout.device_mesh.devices.size} train.py",
        )
    return Sharding(layout, variable.shape)


def distribute_tensor(tensor, layout: TensorLayout):
    """A value in parts, one for each process, as PyTorch's DTensor.

    A symbolic value, one in a job of a single process, and one inside a step, where it has the rows of this process
    already, come back as they are.

    Args:
        tensor: the whole value, the same in every process.
        layout: along which axes of the mesh it is split.
    """
    if not isinstance(tensor, torch.Tensor) or open_share() is not None or current_team() is None:
        return tensor
    from torch.distributed.tensor import distribute_tensor as split

    return split(tensor, layout.device_mesh.backend_mesh, layout.backend_layout)
