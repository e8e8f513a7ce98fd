"""Units: the sums that an element of a layer's output is made of, with the values of a run that they read.

Below:  sums.py has the products; recurrence.py the units of recurrent layers, gate by gate.
Above:  decomposition.py adds up.
Kept true: values inside a layer come from its own arithmetic, run again on what was recorded.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import torch

from pellucid import activations, layers
from pellucid.errors import StateError, UnsupportedError
from pellucid.layers.convolution import Conv, DepthwiseConv, SeparableConv
from pellucid.layers.heads import Headed
from pellucid.layers.normalization import Normalizing
from pellucid.layers.recurrent import RNN
from pellucid.layers.transposed_convolution import ConvTranspose
from pellucid.ops.convolution import convolve_depthwise
from pellucid.xray import recurrence
from pellucid.xray.kernels import Place
from pellucid.xray.parts import Piece, Unit, Weighing, check_agreement, tensor_of
from pellucid.xray.sites import Site
from pellucid.xray.sums import inner_of, step_of, weighing_of


def units_of(site: Site, k: int, place: Place, values: dict) -> dict[str, Unit]:
    """The sums of an element of output number `k`, by name; "" for an only one.

    Raises:
        UnsupportedError: it is no weighted sum whose terms are known.
        StateError: the values around it were not kept, or do not tell what the layer did inside.
    """
    weighing = weighing_of(site)
    tell = next((tell for classes, tell in _TELLERS if isinstance(site.layer, classes)), None)
    if weighing is not None and tell is not None:
        if not {*site.reads, site.writes[k]} <= set(values):
            raise StateError(f"The values around '{site.path}' were not kept.", fix='trace(model, x, values="all")')
        return tell(site, weighing, k, place, values)
    raise UnsupportedError(
        f"'{site.path}' ({site.kind}) is no weighted sum whose terms are known.",
        expected="Dense, a convolution, EinsumDense, a normalization, an attention layer with heads, or a recurrent layer",
    )


def _read(site: Site, values: dict, k: int = 0) -> torch.Tensor:
    """What a site read in the first sample, with the batch axis."""
    return values[site.reads[k]][:1]


def _bias(weighing: Weighing, place: Place, k: int, words=("bias", "beta")) -> float:
    found = [one for one in weighing.offsets if one.weight.rpartition("/")[2] in words]
    return sum(float(tensor_of(one.param)[one.own(place, k)]) for one in found)


def _direct(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    [one] = weighing.sums
    layer, read = site.layer, _read(site, values)
    if getattr(layer, "_is_quantized", False):
        return _quantized(site, weighing, k, place, read)
    piece = Piece(one.weight, one.param, one.products.terms_of(place), read[0])
    recorded = _called(_changed(layer, activation=activations.linear), read)[(0, *place)]
    return {"": Unit((piece,), _bias(weighing, place, k), float(recorded))}


def _quantized(site: Site, weighing: Weighing, k: int, place: Place, read: torch.Tensor) -> dict[str, Unit]:
    """The same with the numbers that stored bits stand for, and inputs as they are rounded."""
    layer, [one] = site.layer, weighing.sums
    if layer.lora_enabled or layer.quantization_mode == "float8":
        raise UnsupportedError(
            f"'{site.path}' adds or scales more than one product.", got=layer.dtype_policy.name,
            expected="int8, int4, gptq or awq, without LoRA",
        )  # fmt: skip
    with torch.no_grad():
        x = layer.rounded(read) if layer.rounds_inputs else read
        weight = layer._mode.weight(layer, layer.parts()[0])
        recorded = _changed(layer, activation=activations.linear).quantized_call(read)[(0, *place)]
    words = "the rounded input" if layer.rounds_inputs and layer.inputs_quantizer else "input"
    piece = Piece(one.weight, weight, one.products.terms_of(place), x[0], words)
    return {"": Unit((piece,), _bias(weighing, place, k), float(recorded))}


def _way_back(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    [one] = weighing.sums
    read = _read(site, values)
    with torch.no_grad():
        recorded = site.layer.projected(read, site.layer.reverse_value())[(0, *place)]
    return {"": Unit((Piece(one.weight, one.param, one.products.terms_of(place), read[0]),), 0.0, float(recorded))}


def _changed(layer, **attributes):
    """The layer with some attributes of its own replaced; the layer itself stays as it is."""
    other = copy.copy(layer)
    for word, value in attributes.items():
        object.__setattr__(other, word, value)
    return other


def _called(layer, *inputs, **kwargs) -> torch.Tensor:
    with torch.no_grad():
        return layer.call(*inputs, **kwargs)


def _separable(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    layer, read = site.layer, _read(site, values)
    with torch.no_grad():
        middle = convolve_depthwise(
            read, layer.depthwise_kernel.value, None, layer.strides, layer.padding, layer.data_format,
            layer.dilation_rate,
        )  # fmt: skip
    one = weighing.sums[-1]
    piece = Piece(one.weight, one.param, one.products.terms_of(place), middle[0], str(one.reads))
    recorded = _called(_changed(layer, activation=activations.linear), read)[(0, *place)]
    return {"": Unit((piece,), _bias(weighing, place, k), float(recorded))}


def _headed(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    if k > 0:
        raise UnsupportedError(
            f"Scores of '{site.path}' are products of values with values.", expected="an element of its first output"
        )
    layer = site.layer
    inputs, kwargs = site.called_with(values)
    given = _called(_changed(layer, _output_dense=lambda x: x), *inputs, **kwargs)
    context = given[0] if isinstance(given, tuple) else given
    one = weighing.sums[-1]
    piece = Piece(one.weight, one.param, one.products.terms_of(place), context[0], str(one.reads))
    with torch.no_grad():
        recorded = layer._output_dense.call(context)[(0, *place)]
    check_agreement(site, float(recorded), values[site.writes[0]], place)
    bias = weighing.offsets[-1:] if layer._output_dense.bias is not None else ()
    return {"": Unit((piece,), _bias(replace(weighing, offsets=bias), place, k), float(recorded))}


def _normalizing(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    layer, read = site.layer, _read(site, values)
    if not weighing.sums:
        raise UnsupportedError(f"'{site.path}' ({site.kind}) multiplies by no weight.", expected="scale=True")
    [one] = weighing.sums
    if one.weight == "scale":
        inner = _called(_changed(layer, scale=_ones(layer.scale)), read)
    else:
        inner = _called(_changed(layer, gamma=None, beta=None), read)
    piece = Piece(one.weight, one.param, one.products.terms_of(place), inner[0], "the normalized input")
    recorded = _called(layer, read)[(0, *place)]
    check_agreement(site, float(recorded), values[site.writes[0]], place)
    return {"": Unit((piece,), _bias(weighing, place, k), float(recorded))}


class _ones:  # noqa: N801  (stands in for a weight)
    """A weight that changes nothing."""

    def __init__(self, like):
        self.value, self.shape = torch.ones_like(like.value), like.shape


def _distributed(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    step, inner = place[0], step_of(site)
    at_step = {number: value[:, step] for number, value in values.items() if number in (site.reads[0], site.writes[0])}
    return {
        name: replace(unit, pieces=tuple(_behind(piece, site, step) for piece in unit.pieces))
        for name, unit in units_of(inner, k, place[1:], at_step).items()
    }


def _behind(piece: Piece, site: Site, step: int) -> Piece:
    """A piece of one step, with places of all steps; what lies inside the layer stays as the step has it."""
    weight = f"{site.layer.layer.name}/{piece.weight}"
    if piece.reads != "input":
        return replace(piece, weight=weight)
    terms = [((step, *read), index) for read, index in piece.terms]
    value = torch.zeros((step + 1, *piece.value.shape), dtype=piece.value.dtype, device=piece.value.device)
    value[step] = piece.value
    return replace(piece, weight=weight, terms=terms, value=value)


def _wrapped(site: Site, weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    found = units_of(inner_of(site), k, place, values)
    name = site.layer.layer.name
    return {
        word: replace(unit, pieces=tuple(replace(piece, weight=f"{name}/{piece.weight}") for piece in unit.pieces))
        for word, unit in found.items()
    }


_TELLERS: tuple[tuple[type | tuple[type, ...], Callable], ...] = (
    (SeparableConv, _separable),
    (Headed, _headed),
    (Normalizing, _normalizing),
    (RNN, recurrence.recurrent),
    (layers.Bidirectional, recurrence.bidirectional),
    (layers.TimeDistributed, _distributed),
    (layers.SpectralNormalization, _wrapped),
    (layers.ReversibleEmbedding, _way_back),
    ((layers.Dense, layers.EinsumDense, Conv, DepthwiseConv, ConvTranspose), _direct),
)
