"""Maps: of which sizes a flat value was made, so that errors about it can speak in products and name its axes.

Above: input_spec.py and building.py, on the way to an error only; reshaping.py notes what Flatten took in.
"""

from __future__ import annotations

import torch

from pellucid import axes
from pellucid.errors import PellucidError, product
from pellucid.graph.symbol import KerasTensor


def note_map(flat, shape) -> None:
    """Remember on a flat value the shape it had."""
    if isinstance(flat, torch.Tensor) and not torch.compiler.is_compiling():
        flat._flattened_from = tuple(shape)


def map_before(x) -> tuple | None:
    """The shape that a value had before Flatten; None where it comes from elsewhere."""
    if not isinstance(x, KerasTensor):
        return getattr(x, "_flattened_from", None)
    operation, index, _ = getattr(x, "_keras_history", (None, 0, 0))
    if operation is None or not getattr(operation, "flattens", False):
        return None
    return operation._inbound_nodes[index].input_tensors[0].shape


def in_factors(size: int, x) -> str:
    """The size of a flat value as the product it is: ``16384 = 8*8*256``; the number alone where nothing is known."""
    sizes = (map_before(x) or ())[1:]
    return product(sizes) if sizes and None not in sizes else str(size)


def first_input(layer):
    """The symbol that a layer was first called on, if it was."""
    tensors = layer._inbound_nodes[0].input_tensors if layer._inbound_nodes else ()
    return tensors[0] if tensors else None


def name_unknown_axes(error: PellucidError, x) -> None:
    """Add to an error about an unknown size which axes before Flatten it comes from."""
    shape = map_before(x)
    if shape is None or None not in shape[1:] or "got" not in error.facts:
        return
    rank = len(shape) - 2
    names = axes.layout(rank, "channels_last") if rank in axes.SPATIAL else ()
    unknown = [
        f"axis {at}" + (f" ({names[at]})" if names else "") for at, size in enumerate(shape) if size is None and at
    ]
    error.facts["got"] = f"{shape} before Flatten: {' and '.join(unknown)} unknown"
