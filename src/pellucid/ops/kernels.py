"""Kernels of convolutions: how PyTorch sees them, and whether they fit a value's channels.

Above: convolution.py, transposed_convolution.py.
Axes:  Keras stores (*window, channels_in / groups, channels_out) in both data formats; PyTorch sees these permuted.
"""

from __future__ import annotations

import inspect

import torch

from pellucid import axes
from pellucid.errors import ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.settings import standardize_data_format


def kernel_seen_by_torch(kernel: torch.Tensor, lifted: bool) -> torch.Tensor:
    """A kernel as PyTorch wants it, no copy: (*window, in, out) as (out, in, *window), (*window, out, in) as (in, out, *window)."""
    if lifted:
        kernel = kernel.unsqueeze(0)
    return kernel.permute(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


def channels_of(inputs: torch.Tensor, kernel: torch.Tensor, data_format: str) -> int:
    """The number of a value's channels.

    Raises:
        ShapeError: the kernel has another number of axes than the value.
    """
    if kernel.ndim != inputs.ndim:
        raise ShapeError(
            "The kernel needs one axis for each spatial axis of the value, and two for channels.",
            got=f"kernel {tuple(kernel.shape)} on a value {tuple(inputs.shape)}",
            expected=f"a kernel with {inputs.ndim} axes",
        )
    return inputs.shape[axes.channels_axis(data_format)]


def groups_of(inputs: torch.Tensor, kernel: torch.Tensor, data_format: str) -> int:
    """How many times the kernel's channels fit into the value's.

    Raises:
        ShapeError: they do not fit, or the groups cannot share the filters.
    """
    channels, taken, filters = channels_of(inputs, kernel, data_format), kernel.shape[-2], kernel.shape[-1]
    if channels == taken:
        return 1
    if taken == 0 or channels % taken:
        raise unfit(inputs, taken, "or a multiple of", data_format)
    groups = channels // taken
    if filters % groups:
        raise ShapeError(
            f"{channels} = {groups}*{taken} channels make {groups} groups, which cannot share {filters} filters.",
            got=f"kernel {tuple(kernel.shape)} on a value {tuple(inputs.shape)}",
            expected=f"a multiple of {groups} filters",
        )
    return groups


def unfit(inputs: torch.Tensor, taken: int, how: str, data_format: str) -> ShapeError:
    """That a kernel takes another number of channels than a value has; with a hint if the other layout would fit."""
    other = "channels_first" if data_format == "channels_last" else "channels_last"
    would_fit = taken and inputs.shape[axes.channels_axis(other)] % taken == 0
    channels = inputs.shape[axes.channels_axis(data_format)]
    return ShapeError(
        f"The value has {channels} channels, and the kernel takes {taken}.",
        got=f"{tuple(inputs.shape)} with data_format={data_format!r}",
        expected=f"{taken} channels" if how == "exactly" else f"{taken} channels, {how} {taken}",
        fix=f'data_format="{other}"' if would_fit else f"a kernel for {channels} channels",
    )


def infer_unknown_channels(op, axis: int) -> None:
    """Let shapes be inferred also where channels are unknown: as many as the kernel has along `axis`."""
    signature, infer = inspect.signature(op), op.node_class.compute_output_spec

    def compute_output_spec(self, *args, **kwargs):
        told = signature.bind(*args, **kwargs)
        (name, inputs), (_, kernel) = list(told.arguments.items())[:2]
        shape = list(inputs.shape)
        channels = axes.channels_axis(standardize_data_format(told.arguments.get("data_format")))
        if shape[channels] is None:
            shape[channels] = kernel.shape[axis]
            told.arguments[name] = KerasTensor(shape, inputs.dtype)
        return infer(self, *told.args, **told.kwargs)

    op.node_class.compute_output_spec = compute_output_spec
