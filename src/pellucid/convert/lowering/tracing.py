"""Layers of a user's own, and whatever else has no rule, lowered by what PyTorch says that their `call` computes.

Below:  convert/torch/ asks PyTorch and reads the answer, as for modules.
Above:  walk.py, for layers that no rule names.
"""

from __future__ import annotations

from torch import nn

from pellucid import nest, registry
from pellucid.convert.flow import Flow, Op, Value
from pellucid.convert.lowering.site import Site
from pellucid.convert.torch.from_torch import read
from pellucid.errors import PellucidError
from pellucid.layers.base import Layer
from pellucid.layers.core import Lambda


class _AsModule(nn.Module):
    """A layer as PyTorch sees it: its `call` on flat values.

    Args:
        layer: the layer.
        args, kwargs: of its call, with values in some places.
    """

    def __init__(self, layer, args, kwargs):
        super().__init__()
        self.__dict__["given"] = layer, args, kwargs

    def forward(self, *values):
        layer, args, kwargs = self.__dict__["given"]
        rest = iter(values)
        args, kwargs = nest.map_structure(lambda x: next(rest) if isinstance(x, Value) else x, (args, kwargs))
        return layer.call(*args, **kwargs)


def traced(site: Site, layer, *args, **kwargs):
    """The operations of a layer's `call`, in its name.

    Raises:
        UnsupportedError: PyTorch cannot follow it, or says what no operation of a flow is.
    """
    values = [x for x in nest.flatten((args, kwargs)) if isinstance(x, Value)]
    if any(None in x.shape[1:] or not x.batched for x in values):
        raise site.refuse(f"{_unknown(layer)}, and the sizes of its input are not all known")
    weights = getattr(layer, "weights", ())
    owned = {weight.value.data_ptr(): (weight.path, weight.trainable) for weight in weights}
    device = next((weight.value.device for weight in weights), None)
    module = _AsModule(layer, args, kwargs)
    try:
        flow = read(module, [x.shape[1:] for x in values], [x.dtype for x in values], site.name, owned, device)
    except PellucidError as error:
        told = error.message.rstrip(".")
        raise site.refuse(f"{_unknown(layer)}, and what it computes cannot be told: {told}") from error
    return _put_in(site, flow, values)


def _unknown(layer) -> str:
    is_own = isinstance(layer, Layer) and (type(layer) is Lambda or registry.public_name(type(layer)) is None)
    return "it is a layer of your own" if is_own else "neither PyTorch nor ONNX has a counterpart that is known here"


def _put_in(site: Site, flow: Flow, values):
    """The flow of the layer as a part of the one under way."""
    inside: dict[Value, Value] = dict(zip(flow.inputs, values, strict=True))
    for op in flow.ops:
        inputs = tuple(inside.get(x, x) if isinstance(x, Value) else x for x in op.inputs)
        site.flow.ops.append(
            Op(
                op.kind, inputs, op.outputs, op.settings, op.weights, owner=f"{site.owner}/{op.owner}",
                layer=f"{site.name}_{op.layer}", trainable=op.trainable,
            )
        )  # fmt: skip
    outputs = [inside.get(y, y) for y in flow.outputs]
    return outputs[0] if len(outputs) == 1 else outputs
