"""Derivatives of functions forward: how results move when arguments do."""

from __future__ import annotations

import torch

from pellucid import nest
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor


@operation
def jvp(fun, primals, tangents, has_aux=False):
    """``fun(*primals)``, and how fast it moves when the arguments move along `tangents`.

    Args:
        has_aux: whether `fun` gives a second result that is handed through.
    """
    primals, tangents = (tuple(nest.map_structure(tensor, side)) for side in (primals, tangents))
    return torch.func.jvp(fun, primals, tangents, has_aux=has_aux)
