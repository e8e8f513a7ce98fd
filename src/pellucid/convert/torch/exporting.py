"""What PyTorch says a module computes: its graph of ATen functions, with the batch size left open.

Below:  torch.export runs the module once without values.
Above:  from_torch.py reads the graph.
Kept true: the module given is left as it was; its tensors are seen, not copied.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import warnings

import torch
from torch import nn

from pellucid.convert.torch.plain_attention import PlainAttention
from pellucid.errors import ArgumentTypeError, PellucidError, UnsupportedError

_BATCH = 3  # any size but 0 and 1, which PyTorch takes for fixed ones


def exported(module: nn.Module, shapes, dtypes, device=None) -> torch.export.ExportedProgram:
    """The graph of a module, for inputs of these shapes without their batch axis.

    Args:
        device: where its tensors are; None for where its first parameter is.

    Raises:
        ArgumentTypeError: no module.
        UnsupportedError: PyTorch cannot follow the module's `forward`.
    """
    if not isinstance(module, nn.Module):
        raise ArgumentTypeError("A torch.nn.Module is converted.", got=repr(module)[:80], fix="from_torch(module, ...)")
    if device is None:
        device = next((tensor.device for tensor in module.state_dict().values()), torch.device("cpu"))
    inputs = tuple(
        torch.zeros((_BATCH, *shape), dtype=dtype, device=device) for shape, dtype in zip(shapes, dtypes, strict=True)
    )
    with _in_use(_seen_plainly(module)) as plain:
        try:
            return torch.export.export(plain, inputs, dynamic_shapes=_open_batch(module, inputs))
        except PellucidError:
            raise
        except Exception as error:
            raise UnsupportedError(
                "PyTorch cannot follow what this module's `forward` does.",
                got=f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"[:300],
                expected="a forward() whose steps do not hang on the values",
                fix="torch.export.export(module, (x,)), to see where it stops",
            ) from error


def _open_batch(module, inputs):
    sizes = tuple({0: torch.export.Dim.AUTO} for _ in inputs)
    kinds = [one.kind for one in inspect.signature(module.forward).parameters.values()]
    return (sizes,) if kinds == [inspect.Parameter.VAR_POSITIONAL] else sizes


def _seen_plainly(module: nn.Module) -> nn.Module:
    """The module, with each MultiheadAttention written out in plain steps; tensors are shared with the original."""
    kinds = {type(inner) for inner in module.modules()}
    if nn.MultiheadAttention not in kinds:
        return module
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    plain = copy.deepcopy(module, memo=dict(shared))
    return _replaced(plain)


def _replaced(module: nn.Module) -> nn.Module:
    if type(module) is nn.MultiheadAttention:
        return PlainAttention(module)
    for name, inner in module.named_children():
        setattr(module, name, _replaced(inner))
    return module


@contextlib.contextmanager
def _in_use(module: nn.Module):
    """While open the module is as in use, not in training, and takes no short ways that hide its layers."""
    modes = {inner: inner.training for inner in module.modules()}
    fast = torch.backends.mha.get_fastpath_enabled()
    module.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own, about its attributes
            yield module
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for inner, mode in modes.items():
            inner.training = mode
