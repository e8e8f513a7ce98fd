"""Site: where one call of a layer becomes operations of a flow, all in that layer's name.

Below:  flow.py.
Above:  the rules of this folder are functions of a site, a layer and its values; walk.py calls them.
"""

from __future__ import annotations

import itertools
import math

import torch

from pellucid import axes
from pellucid.convert.flow import Flow, Op, Value, Weight, dtype_name
from pellucid.errors import UnsupportedError


class Site:
    """Makes operations in the name of one layer.

    Args:
        flow: where they go.
        layer: the layer or function that is called.
        name: its name.
        owner: the path under which its weights stand.
        lower: applies the rule of a layer, ``lower(site, layer, args, kwargs)``.
    """

    def __init__(self, flow: Flow, layer, name: str, owner: str, lower):
        self.flow, self.layer, self.name, self.owner, self._lower = flow, layer, name, owner, lower

    def inside(self, layer, part: str) -> Site:
        """A site for a layer inside this one."""
        return Site(self.flow, layer, f"{self.name}_{part}", f"{self.owner}/{part}", self._lower)

    def call(self, layer, *args, **kwargs):
        """What a layer inside this one gives, by its own rule."""
        return self._lower(self.inside(layer, layer.name), layer, args, kwargs)

    def refuse(self, reason: str, **facts) -> UnsupportedError:
        """The error that says why this layer cannot be moved."""
        kind = type(self.layer).__name__
        return UnsupportedError(f"'{self.name}' ({kind}) cannot leave Pellucid: {reason}.", **facts)

    # ---- operations

    def emit(self, kind: str, *inputs, shape=None, dtype=None, part="", weights=None, **settings) -> Value:
        """Put an operation with one output at the end of the flow; shape and dtype are the first input's if None."""
        first = next((x for x in inputs if isinstance(x, Value)), None)
        assert first is not None or shape is not None
        batched = any(x.batched for x in inputs if isinstance(x, Value))
        output = Value(
            tuple(shape if shape is not None else first.shape),  # type: ignore[union-attr]
            dtype or (first.dtype if first is not None else "float32"),
            batched,
        )
        self.emit_several(kind, *inputs, outputs=(output,), part=part, weights=weights, **settings)
        return output

    def emit_several(self, kind: str, *inputs, outputs, part="", weights=None, **settings) -> tuple:
        """Put an operation with these outputs at the end of the flow."""
        ending = f"_{part}" if part else ""
        self.flow.ops.append(
            Op(
                kind,
                inputs,
                tuple(outputs),
                settings,
                {word: weight for word, weight in (weights or {}).items() if weight is not None},
                owner=f"{self.owner}/{part}" if part else self.owner,
                layer=self.name + ending,
                trainable=bool(getattr(self.layer, "trainable", True)),
            )
        )
        return tuple(outputs)

    def binary(self, kind: str, a, b, dtype=None) -> Value:
        """An operation on two values that broadcast, or on a value and a number."""
        shapes = [x.shape for x in (a, b) if isinstance(x, Value)]
        first = next(x for x in (a, b) if isinstance(x, Value))
        return self.emit(kind, a, b, shape=broadcast(*shapes), dtype=dtype or first.dtype)

    def permute(self, x: Value, order) -> Value:
        """The axes in another order."""
        if list(order) == list(range(x.ndim)):
            return x
        return self.emit("permute", x, shape=[x.shape[axis] for axis in order], order=tuple(order))

    def reshape(self, x: Value, sizes) -> Value:
        """The same elements in row-major order under these sizes, the batch not counted; one may be -1."""
        sizes, known = list(sizes), x.shape[1:] if x.batched else x.shape
        if -1 in sizes and None not in known:
            rest = math.prod(size for size in sizes if size != -1)
            sizes[sizes.index(-1)] = math.prod(known) // rest if rest else 0
        if sizes.count(None) > 1:
            raise self.refuse("two sizes of its output are unknown", got=tuple(sizes))
        shape = [None if size in (-1, None) else size for size in sizes]
        target = tuple(-1 if size in (-1, None) else size for size in sizes)
        return self.emit("reshape", x, shape=[x.shape[0], *shape] if x.batched else shape, target=target)

    def reduce(self, kind: str, x: Value, along, keepdims: bool, dtype=None) -> Value:
        """A sum, mean, ... over some axes."""
        along = tuple(sorted(axis % x.ndim for axis in along))
        shape = [1 if at in along else size for at, size in enumerate(x.shape) if keepdims or at not in along]
        return self.emit(kind, x, shape=shape, dtype=dtype, axes=along, keepdims=keepdims)

    def slice(self, x: Value, axis: int, start: int, stop: int | None, step: int = 1) -> Value:
        """The elements from `start` to before `stop` along an axis; both may count from the end."""
        axis %= x.ndim
        size = x.shape[axis]
        count = None if size is None else len(range(size)[start:stop:step])
        shape = [count if at == axis else old for at, old in enumerate(x.shape)]
        return self.emit("slice", x, shape=shape, axis=axis, start=start, stop=stop, step=step)

    def select(self, x: Value, axis: int, index: int) -> Value:
        """The element at `index` along an axis, which goes."""
        axis %= x.ndim
        shape = [size for at, size in enumerate(x.shape) if at != axis]
        return self.emit("select", x, shape=shape, axis=axis, index=index)

    def concat(self, values, axis: int) -> Value:
        """Values one after the other along an axis."""
        axis %= values[0].ndim
        sizes = [x.shape[axis] for x in values]
        shape = [_joint([x.shape[at] for x in values]) for at in range(values[0].ndim)]
        shape[axis] = None if None in sizes else sum(sizes)
        return self.emit("concat", *values, shape=shape, axis=axis)

    def matmul(self, a: Value, b: Value) -> Value:
        """The product of matrices along the last two axes."""
        shape = [*broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]]
        return self.emit("matmul", a, b, shape=shape)

    def cast(self, x: Value, dtype: str) -> Value:
        """The same in another dtype."""
        return x if x.dtype == dtype else self.emit("cast", x, dtype=dtype)

    # ---- weights

    def weight(self, variable, moved: str = "") -> Weight | None:
        """A weight of ours with its axes moved as the words say; None stays None."""
        if variable is None:
            return None
        tensor = variable.value.detach() if hasattr(variable, "value") else variable.detach()
        if moved:
            tensor = tensor.permute(axes.move(moved))
        return Weight(tensor, self.path(variable), moved)

    def path(self, variable) -> str:
        """The path under which the ledger names a weight."""
        return getattr(variable, "path", "") or f"{self.owner}/kernel"

    def parameter(self, weight: Weight, part: str = "") -> Value:
        """A weight as a value, for operations that own none."""
        tensor = weight.tensor
        return self.emit(
            "parameter", shape=tuple(tensor.shape), dtype=dtype_name(tensor), part=part, weights={"value": weight}
        )

    def learned(self, variable, part: str) -> Value:
        """A weight of ours as it is, as a value."""
        weight = self.weight(variable)
        assert weight is not None
        return self.parameter(weight, part)

    def constant(self, tensor: torch.Tensor, part: str = "constant") -> Value:
        """A tensor that never learns, as a value."""
        weight = Weight(tensor)
        return self.emit(
            "constant", shape=tuple(tensor.shape), dtype=dtype_name(tensor), part=part, weights={"value": weight}
        )


def broadcast(*shapes) -> tuple:
    """The shape that values of these shapes broadcast to; None where unknown."""
    columns = itertools.zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    return tuple(reversed([_joint([size for size in column if size != 1] or [1]) for column in columns]))


def _joint(sizes):
    known = [size for size in sizes if size is not None]
    return known[0] if known else None
