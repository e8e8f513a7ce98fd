"""from_torch: a PyTorch module as a model of ours.

Below:  exporting.py asks PyTorch what the module computes, reading.py makes a flow of it, raising/ makes the model.
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Flow
from pellucid.convert.raising import raised
from pellucid.convert.standing import standing_again
from pellucid.convert.torch.aten import RULES
from pellucid.convert.torch.aten_recurrent import RECURRENT_RULES
from pellucid.convert.torch.aten_shapes import SHAPE_RULES
from pellucid.convert.torch.aten_weighted import WEIGHTED_RULES
from pellucid.convert.torch.aten_windows import WINDOW_RULES
from pellucid.convert.torch.exporting import exported
from pellucid.convert.torch.reading import Reading
from pellucid.dtypes import to_torch
from pellucid.models.functional import Functional

_RULES = {**RULES, **WEIGHTED_RULES, **WINDOW_RULES, **SHAPE_RULES, **RECURRENT_RULES}


def from_torch(
    module: torch.nn.Module, input_shape, layout: str | None = "channels_last", dtype="float32"
) -> Functional:
    """A model that computes what a PyTorch module computes, with its weights.

    What the module does is asked of `torch.export`: modules, functional calls, views, residuals. Layers carry the
    names of the modules they come from.

    Args:
        module: it is looked at as in use, not in training, and left as it was.
        input_shape: of a sample, as the module takes it, without the batch; a list of shapes for several inputs.
        layout: where the model has the channels, of its inputs too; None leaves them as PyTorch has them.
        dtype: of the input; a list for several inputs.

    Returns:
        The model; ``model.ledger`` says what became of each weight.

    Raises:
        UnsupportedError: PyTorch cannot follow `forward`, or no layer computes a step; it is named, and the reason.
    """
    shapes = input_shape if input_shape and isinstance(input_shape[0], (list, tuple)) else [input_shape]
    dtypes = [dtype] * len(shapes) if isinstance(dtype, str) else list(dtype)
    flow = read(module, [tuple(shape) for shape in shapes], dtypes, type(module).__name__)
    return standing_again(raised(flow, "PyTorch"), layout)


def read(module: torch.nn.Module, shapes, dtypes, name: str, owned: dict | None = None, device=None) -> Flow:
    """What a module computes, as a flow.

    Args:
        owned: of tensors that are no parameters of the module: by their place in memory their name, and whether they learn.

        device: as `exported` takes it.

    Raises:
        UnsupportedError: as `from_torch`.
    """
    program = exported(module, shapes, [to_torch(one) for one in dtypes], device)
    return Reading(program, name, _RULES, owned or {}).flow
