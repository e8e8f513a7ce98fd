"""Sums: the weighted sums inside a layer of any kind, by the names of their weights.

Below:  kernels.py and einsums.py say which entry multiplies what.
Beside: gates.py has the sums of recurrent layers.
Above:  meetings.py, uses.py and decomposition.py answer with them; node.py counts multiplications.
Kept true: a layer whose `call` somebody has written anew is not known here, whatever it inherits; weights of layers inside
           have their names in front: "query/kernel".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

from pellucid import layers
from pellucid.graph.variable import Variable
from pellucid.layers.convolution import SeparableConv
from pellucid.layers.einsum_dense import Equation
from pellucid.layers.heads import Headed
from pellucid.layers.recurrent import RNN
from pellucid.links import Slide
from pellucid.xray import gates, kernels
from pellucid.xray.einsums import einsum, scale
from pellucid.xray.kernels import Index, Place
from pellucid.xray.parts import Offset, Own, Sum, Weighing, whole
from pellucid.xray.sites import Site


def weighing_of(site: Site) -> Weighing | None:
    """The sums and offsets of a site's layer; None where it has none, or nobody knows."""
    if not site.reads or None in (n for shape in (*site.input_shapes, *site.output_shapes) for n in shape[1:]):
        return None
    for classes, tell in _TELLERS:
        kind = next((one for one in classes if isinstance(site.layer, one)), None)
        if kind is not None and type(site.layer).call is kind.call:
            return tell(site)
    return None


def macs(site: Site) -> int | None:
    """Multiply-adds of one sample; 0 for a layer without kernels, None where a size or its sums are unknown."""
    weighing = weighing_of(site)
    if weighing is not None:
        return weighing.macs
    sizes = [len(weight.shape) for weight in getattr(site.layer, "weights", None) or ()]
    return 0 if not site.reads or max(sizes, default=0) < 2 or isinstance(site.layer, layers.Embedding) else None


def offset(name: str, param, axes: list[int]) -> list[Offset]:
    """A weight that is added along some axes of the output; nothing where there is none."""
    if param is None:
        return []
    return [
        Offset(
            name,
            param,
            lambda place, k: tuple(place[axis] if n > 1 else 0 for axis, n in zip(axes, param.shape, strict=True)),
        )
    ]


# ---- one product


def _plain(site: Site) -> Weighing:
    kernel = kernels.kernel_of(site)
    assert kernel is not None  # of the classes in the table
    return Weighing(
        (Sum("kernel", site.layer.kernel, kernel, 0, lambda place, k: kernel.own_of(place)),),
        tuple(offset("bias", site.layer.bias, [kernel.channels_axis])),
    )


def _einsum(site: Site) -> Weighing:
    layer, in_shape, out_shape = site.layer, site.input_shapes[0][1:], site.output_shapes[0][1:]
    equation = Equation(layer.equation)
    inputs, outputs = equation.letters(len(in_shape) + 1)
    products = einsum(
        tuple(inputs[1:]), tuple(equation.kernel), tuple(outputs[1:]), in_shape, layer.kernel.shape, out_shape
    )
    axes = [] if layer.bias is None else list(range(-len(layer.bias.shape), 0))
    return Weighing(
        (Sum("kernel", layer.kernel, products, 0, lambda place, k: products.own_of(place)),),
        tuple(offset("bias", layer.bias, axes)),
    )


def _way_back(site: Site) -> Weighing | None:
    """The way back of a ReversibleEmbedding."""
    words = site.arguments
    if words is None or not (words.kwargs.get("reverse") or (len(words.args) > 1 and words.args[1])):
        return None
    layer, in_shape, out_shape = site.layer, site.input_shapes[0][1:], site.output_shapes[0][1:]
    beside = tuple(range(len(in_shape) - 1))
    name = "embeddings" if layer.tie_weights else "reverse_embeddings"
    param, letters = getattr(layer, name), ("out", "in") if layer.tie_weights else ("in", "out")
    products = einsum((*beside, "in"), letters, (*beside, "out"), in_shape, param.shape, out_shape, name)
    return Weighing((Sum(name, param, products, 0, lambda place, k: products.own_of(place)),))


# ---- one weight for each element


def _normalizing(site: Site) -> Weighing:
    layer, in_shape = site.layer, site.input_shapes[0][1:]
    axes = sorted(axis - 1 for axis in layer.axes_of(site.input_shapes[0]))
    name = "scale" if isinstance(layer, layers.RMSNormalization) else "gamma"
    param = getattr(layer, name, None)
    sums: tuple[Sum, ...] = ()
    if isinstance(param, Variable):
        products = scale(name, param.shape, axes, in_shape)
        sums = (Sum(name, param, products, 0, lambda place, k: products.own_of(place), is_multiplied=False),)
    more = [offset(word, getattr(layer, word, None), axes) for word in ("beta", "moving_mean", "moving_variance")]
    return Weighing(sums, tuple(one for some in more for one in some))


def _prelu(site: Site) -> Weighing:
    layer, in_shape = site.layer, site.input_shapes[0][1:]
    products = scale("alpha", layer.alpha.shape, list(range(len(in_shape))), in_shape)
    own = Sum("alpha", layer.alpha, products, 0, lambda place, k: products.own_of(place), is_multiplied=False)
    return Weighing((own,))


# ---- several products


def separable(site: Site) -> Weighing:
    """Depthwise sums, and the mix of them at each place."""
    layer, in_shape, out_shape = site.layer, site.input_shapes[0][1:], site.output_shapes[0][1:]
    at = 0 if layer.data_format == "channels_first" else len(in_shape) - 1
    rules = {k: rule for k, rule in dict(layer.links().axes).items() if k != at}
    middle = list(out_shape)
    middle[at] = in_shape[at] * layer.depth_multiplier
    depthwise = kernels.windows(
        "depthwise_kernel", layer.depthwise_kernel.shape, rules, in_shape, middle, at, kind="apart"
    )
    beside = dict.fromkeys(rules, Slide(1))
    pointwise = kernels.windows("pointwise_kernel", layer.pointwise_kernel.shape, beside, middle, out_shape, at)
    channels = in_shape[at]

    def own(place: Place, k: int) -> Index | None:
        found = depthwise.own_of(depthwise.joined(depthwise.split(place)[0], 0))
        return None if found is None else (*found[:-2], *map(slice, (0, 0), (channels, layer.depth_multiplier)))

    sums = (
        Sum("depthwise_kernel", layer.depthwise_kernel, depthwise, 0, own, "depthwise sums"),
        Sum(
            "pointwise_kernel",
            layer.pointwise_kernel,
            pointwise,
            "depthwise sums",
            lambda place, k: pointwise.own_of(place),
        ),
    )
    return Weighing(sums, tuple(offset("bias", layer.bias, [at])))


def _headed(site: Site) -> Weighing:
    """The projections; what the heads make of them in between is no weighted sum with weights of its own."""
    layer, reads = site.layer, site.reads_of(("query", "value", "key"))
    value = reads.get("value", 0)
    told = [
        (layer._query_dense, reads.get("query", 0)), (layer._key_dense, reads.get("key", value)),
        (layer._value_dense, value), *([(layer._gate_dense, reads.get("query", 0))] if layer.use_gate else []),
    ]  # fmt: skip
    sums, offsets = [], []
    for dense, read in told:
        shape = site.input_shapes[read]
        inner = _einsum(_inside(site, dense, [shape], [dense.compute_output_shape(shape)]))
        feeds = f"the {dense.name} projection"
        sums += [replace(one, reads=read, own=whole(one.param), feeds=feeds) for one in inner.under(dense.name).sums]
        offsets += [replace(one, own=whole(one.param)) for one in inner.under(dense.name).offsets]
    last, shape = layer._output_dense, heads_shape(site)
    inner = _einsum(_inside(site, last, [shape], [site.output_shapes[0]])).under(last.name)
    sums += [replace(one, reads="what the heads give", own=_of_first(one.own)) for one in inner.sums]
    offsets += [replace(one, own=_of_first(one.own)) for one in inner.offsets]
    return Weighing(tuple(sums), tuple(offsets), more_macs=_attended(site, told[1][1]))


def _of_first(own: Own) -> Own:
    """What makes the first output alone; scores come before it."""
    return lambda place, k: own(place, k) if k == 0 else None


def heads_shape(site: Site) -> tuple:
    """The shape of what the heads give together, with the batch axis."""
    heads, size = site.layer._output_dense.kernel.shape[:2]
    return (*site.input_shapes[0][:-1], heads, size)


def _attended(site: Site, key: int) -> int:
    """Multiplications of queries with keys, and of scores with values; windows and masks not taken off."""
    layer = site.layer
    query, source = site.input_shapes[0][1:-1], site.input_shapes[key][1:-1]
    attended = [axis - 1 for axis in getattr(layer, "_axes", (1,))]
    pairs = prod(query) * prod(source[axis] for axis in attended)
    heads, size = layer._query_dense.kernel.shape[1:]
    return pairs * heads * (size + layer._output_dense.kernel.shape[1])


# ---- layers around layers


def _inside(site: Site, layer, in_shapes, out_shapes) -> Site:
    return Site(site.path, layer, site.reads[: len(in_shapes)], site.writes, in_shapes, out_shapes)


def step_of(site: Site) -> Site:
    """What a TimeDistributed does at one step."""
    shapes = ([(shape[0], *shape[2:])] for shape in (site.input_shapes[0], site.output_shapes[0]))
    return _inside(site, site.layer.layer, *shapes)


def inner_of(site: Site) -> Site:
    """What a wrapper goes around."""
    return _inside(site, site.layer.layer, site.input_shapes[:1], site.output_shapes)


def _distributed(site: Site) -> Weighing | None:
    inner, steps = weighing_of(step_of(site)), site.input_shapes[0][1]
    return None if inner is None else inner.at_each(steps).under(site.layer.layer.name)


def _wrapped(site: Site) -> Weighing | None:
    inner = weighing_of(inner_of(site))
    return None if inner is None else inner.under(site.layer.layer.name)


_TELLERS: tuple[tuple[tuple[type[layers.Layer], ...], Callable[[Site], Weighing | None]], ...] = (
    ((layers.Dense,), _plain),
    ((layers.DepthwiseConv1D, layers.DepthwiseConv2D), _plain),
    ((layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose), _plain),
    ((layers.Conv1D, layers.Conv2D, layers.Conv3D), _plain),
    ((layers.EinsumDense,), _einsum),
    ((layers.ReversibleEmbedding,), _way_back),
    ((SeparableConv,), separable),
    ((layers.PReLU,), _prelu),
    ((Headed,), _headed),
    ((RNN,), gates.recurrent),
    ((layers.Bidirectional,), gates.bidirectional),
    ((layers.TimeDistributed,), _distributed),
    ((layers.SpectralNormalization,), _wrapped),
    (
        (layers.BatchNormalization, layers.LayerNormalization, layers.GroupNormalization, layers.RMSNormalization),
        _normalizing,
    ),
)
