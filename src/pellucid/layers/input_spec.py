"""InputSpec: what a layer demands of its inputs, and the check that they have it.

Above: layers/base.py checks before every call; a layer sets `self.input_spec`, often in `build`.
"""

from __future__ import annotations

from pellucid import axes, nest
from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.values import standardize_shape
from pellucid.layers.maps import first_input, in_factors, map_before


class InputSpec:
    """Demands on one input; each that is None demands nothing.

    Args:
        dtype: its dtype.
        shape: its shape, None for any size.
        ndim, max_ndim, min_ndim: its number of axes.
        axes: sizes by axis, such as ``{-1: 3}``.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing or extra.
        name: the key under which it comes in a dict of inputs.
        optional: whether it may be None.

    Raises:
        ArgumentTypeError: `axes` is no dict of ints.
        ArgumentError: `axes` names an axis beyond the number of axes.
    """

    def __init__(
        self,
        dtype=None,
        shape=None,
        ndim=None,
        max_ndim=None,
        min_ndim=None,
        axes=None,
        allow_last_axis_squeeze=False,
        name=None,
        optional=False,
    ):
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else standardize_shape(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.name, self.optional = name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (TypeError, ValueError, AttributeError):
            raise ArgumentTypeError("`axes` maps axes to sizes.", got=repr(axes), expected="such as {-1: 3}") from None
        limit = self.ndim or self.max_ndim
        if self.axes and limit is not None and max(self.axes) > limit - 1:
            raise ArgumentError(
                "`axes` names an axis that is not there.", got=max(self.axes), expected=f"below {limit}"
            )

    def get_config(self) -> dict:
        """The demands as plain data."""
        words = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {word: getattr(self, word) for word in words}

    @classmethod
    def from_config(cls, config):
        """The spec that `get_config` described."""
        return cls(**config)

    def __repr__(self):
        words = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        told = [f"{word}={getattr(self, word)}" for word in words if getattr(self, word)]
        return f"InputSpec({', '.join(told)})"

    def check(self, x, layer, which: str) -> None:
        """Raise a ShapeError or ArgumentError unless `x` is as demanded."""
        if x is None and self.optional:
            return
        if not hasattr(x, "shape"):
            raise ArgumentError(
                f"Layer '{layer.name}' takes tensors.",
                got=f"{x!r} ({type(x).__name__})",
                expected="an array or a tensor",
                fix=f"call the layer on a value: {layer.name}(x)",
            )
        shape = tuple(x.shape)
        if demand := self._broken_rank(len(shape)):
            raise _wrong_input(layer, which, shape, demand + _layout(layer, demand), _rank_fix(self, shape))
        if self.dtype is not None and standardize_dtype(x.dtype) != self.dtype:
            raise ArgumentError(
                f"Layer '{layer.name}' ({type(layer).__name__}) takes another dtype{which}.",
                got=standardize_dtype(x.dtype),
                expected=self.dtype,
                fix=f'ops.cast(x, "{self.dtype}")',
            )
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                raise _wrong_size(layer, which, x, axis, size)
        if self.shape is not None and not self._fits(shape):
            raise _wrong_input(
                layer, which, shape, f"shape {self.shape}", "change the input's shape, or Input(shape=...)"
            )

    def _broken_rank(self, ndim: int) -> str | None:
        if self.ndim is not None and ndim != self.ndim and not self.allow_last_axis_squeeze:
            return _axes(self.ndim)
        if self.max_ndim is not None and ndim > self.max_ndim:
            return f"at most {_axes(self.max_ndim)}"
        if self.min_ndim is not None and ndim < self.min_ndim:
            return f"at least {_axes(self.min_ndim)}"
        return None

    def _fits(self, shape: tuple) -> bool:
        wanted = self.shape
        if self.allow_last_axis_squeeze:
            shape = shape[:-1] if shape and shape[-1] == 1 else shape
            wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
        return all(a is None or b is None or a == b for a, b in zip(wanted, shape, strict=False))


def _wrong_input(layer, which, shape, demand, fix) -> ShapeError:
    return ShapeError(
        f"Layer '{layer.name}' ({type(layer).__name__}) cannot take this input{which}.",
        got=f"shape {shape}, {_axes(len(shape))}",
        expected=demand,
        fix=fix,
    )


def _wrong_size(layer, which, x, axis: int, size: int) -> ShapeError:
    shape = tuple(x.shape)
    before, built_for = map_before(x), first_input(layer)
    if axis != -1 or (before is None and map_before(built_for) is None):
        return _wrong_input(layer, which, shape, f"size {size} on axis {axis}", _axis_fix(layer, shape, axis, size))
    wanted = map_before(built_for)
    return ShapeError(
        f"Layer '{layer.name}' ({type(layer).__name__}) was made for another number of values after Flatten{which}.",
        got=in_factors(shape[-1], x) + f", input shape {shape}",
        expected=in_factors(size, built_for),
        fix=f"input maps of {wanted[1:]}"
        if wanted
        else f"a new {type(layer).__name__} for maps of {(before or ())[1:]}",
    )


def _rank_fix(spec: InputSpec, shape: tuple) -> str:
    wanted = spec.ndim or spec.min_ndim or 0
    if len(shape) + 1 == wanted:
        if shape and shape[0] is None:  # a symbol, so the batch axis is there
            return f"Input(shape={(*shape[1:], 1)}), or Reshape({(*shape[1:], 1)}) before"
        return "add the batch axis: x[None], or the channels axis: x[..., None]"
    return "ops.reshape(x, ...) to the axes expected; the first one counts the samples"


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def _layout(layer, demand: str) -> str:
    """The names of the axes, where the layer's data format gives them names."""
    rank = int(demand.split()[-2]) - 2
    data_format = getattr(layer, "data_format", None)
    if data_format is None or rank not in axes.SPATIAL or demand.startswith("at most"):
        return ""
    return f": ({', '.join(axes.layout(rank, data_format))})"


def _axis_fix(layer, shape: tuple, axis: int, size: int) -> str:
    others = [at for at, length in enumerate(shape) if length == size and at not in (0, axis % len(shape))]
    if others and len(shape) > 2:
        other = "channels_first" if axis == -1 else "channels_last"
        return f'{size} lies on axis {others[0]}: data_format="{other}", or move the axis with Permute'
    if None not in shape[1:] and len(shape) > 2 and axis == -1 and layer.input_spec.min_ndim == 2:
        return "Flatten() before this layer, if all axes should count as one"
    return f"give {size} values on axis {axis}, or make '{layer.name}' anew for inputs of shape {shape}"


def assert_input_compatibility(input_spec, inputs, layer) -> None:
    """Raise unless inputs are as a layer's spec (or structure of specs) demands.

    Raises:
        ShapeError: wrong number of axes, or a wrong size.
        ArgumentError: too few or too many inputs, a missing name, no tensor, a wrong dtype.
    """
    if type(input_spec) is InputSpec and hasattr(inputs, "shape"):
        input_spec.check(inputs, layer, "")
        return
    specs = nest.flatten(input_spec)
    names = [spec.name for spec in specs if spec is not None]
    if isinstance(inputs, dict) and len(names) == len(specs) and all(names):
        if missing := [name for name in names if name not in inputs]:
            raise ArgumentError(
                f"Layer '{layer.name}' misses the input {missing[0]!r}.", got=sorted(inputs), expected=names
            )
        values = [inputs[name] for name in names]
    else:
        values = nest.flatten(inputs)
    if len(values) != len(specs):
        raise ArgumentError(
            f"Layer '{layer.name}' ({type(layer).__name__}) takes another number of inputs.",
            got="1 input" if len(values) == 1 else f"{len(values)} inputs",
            expected=f"{len(specs)}" + (f", named {', '.join(names)}" if names and all(names) else ""),
        )
    for k, (value, spec) in enumerate(zip(values, specs, strict=True)):
        if spec is not None:
            spec.check(value, layer, f" ({spec.name or f'input {k}'})" if len(specs) > 1 else "")
