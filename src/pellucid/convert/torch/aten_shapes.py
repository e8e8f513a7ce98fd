"""ATen functions that move elements: reshapes, transposes, slices, joins, paddings, and products of values.

Below:  reading.py calls the rules. Beside: aten.py.
Kept true: sizes are read from what PyTorch says of the result, so no arithmetic on sizes is followed.
"""

from __future__ import annotations

import math

import torch

from pellucid.convert.flow import Value
from pellucid.convert.torch.aten import axis_of, for_each_sample, front
from pellucid.convert.torch.reading import Known, Reading, Seen


def _reshape(reading: Reading, node, x, *_, **__) -> Seen:
    """Any function whose result holds the same elements in row-major order."""
    sizes = node.meta["val"].shape
    places = [at for at, size in enumerate(sizes) if reading.is_batch(size)]
    if not places:
        raise reading.refuse(
            node,
            "it makes one axis of the batch and another",
            got=f"{tuple(node.args[0].meta['val'].shape)} to {tuple(sizes)}",
            fix="x.reshape(x.shape[0], ...)",
        )
    batch = places[0]
    before = node.args[0].meta["val"].shape[: x.batch]
    if x.batch != batch and math.prod(before) != math.prod(sizes[:batch]):
        raise reading.refuse(node, "it moves elements across the batch", got=tuple(sizes))
    value = reading.new_value(node.meta["val"], batch)
    target = tuple(-1 if size is None else size for size in value.shape[1:])
    return Seen(reading.emit_values(node, "reshape", x.value, outputs=[value], target=target)[0], batch)


def _permuted(reading: Reading, node, x: Seen, order) -> Seen:
    order = [axis % x.value.ndim for axis in order]
    batch = order.index(x.batch)
    flow_order = (0, *(axis_of(x, axis) for axis in order if axis != x.batch))
    return Seen(reading.emit(node, "permute", x.value, batch=batch, order=flow_order), batch)


def _permute(reading: Reading, node, x, order) -> Seen:
    return _permuted(reading, node, x, order)


def _transpose(reading: Reading, node, x, a=0, b=1) -> Seen:
    order = list(range(x.value.ndim))
    order[a], order[b] = order[b], order[a]
    return _permuted(reading, node, x, order)


def _movedim(reading: Reading, node, x, source, target) -> Seen:
    sources = [source] if isinstance(source, int) else source
    targets = [target] if isinstance(target, int) else target
    ndim = x.value.ndim
    placed = {b % ndim: a % ndim for a, b in zip(sources, targets, strict=True)}
    rest = iter([axis for axis in range(ndim) if axis not in placed.values()])
    return _permuted(reading, node, x, [placed[at] if at in placed else next(rest) for at in range(ndim)])


def _expand(reading: Reading, node, x, *_, **__):
    """A value made wider along axes of size 1."""
    sizes = node.meta["val"].shape
    batch = len(sizes) - x.value.ndim + x.batch
    shaped = x.value
    if len(sizes) != x.value.ndim:
        raise reading.refuse(node, "it puts axes before the batch", got=tuple(sizes))
    return Seen(reading.emit(node, "expand", shaped, batch=batch), batch)


def _repeat(reading: Reading, node, x, times) -> Seen:
    value = front(reading, node, x)
    times = [1] * (value.ndim - len(times)) + list(times)
    if len(times) != value.ndim or any(not isinstance(one, int) for one in times) or times[0] != 1:
        raise reading.refuse(node, "it repeats along the batch, or puts axes before it", got=times)
    for axis, count in enumerate(times):
        if count != 1:
            shape = [size * count if at == axis and size is not None else size for at, size in enumerate(value.shape)]
            parts = [value] * count
            [value] = reading.emit_values(node, "concat", *parts, outputs=[Value(tuple(shape), value.dtype)], axis=axis)
    return Seen(value)


def _repeat_interleave(reading: Reading, node, x, times, dim=None, **__) -> Seen:
    if not isinstance(times, int) or dim is None or axis_of(x, dim) == 0:
        raise reading.refuse(node, "it repeats along the batch, or by values")
    return Seen(reading.emit(node, "repeat", front(reading, node, x), axis=dim % x.value.ndim, times=times))


def _new(number: float | None):
    """A tensor of one number as large as PyTorch says: for one sample, where that is the batch."""

    def rule(reading: Reading, node, x, size, value=number, **__) -> Known:
        fake = node.meta["val"]
        sizes = [1 if reading.is_batch(one) else int(one) for one in fake.shape]
        device = next((known.tensor.device for known in reading.found.values() if isinstance(known, Known)), None)
        return Known(torch.full(sizes, value, dtype=fake.dtype, device=device))

    return rule


# ---- parts and joins


def _cat(reading: Reading, node, values, dim=0) -> Seen:
    first = next(x for x in values if isinstance(x, Seen))
    axis, batch = axis_of(first, dim), first.batch
    seen = [for_each_sample(reading, node, x, batch) if isinstance(x, Known) else x for x in values]
    if axis == 0 or any(x.batch != batch for x in seen):
        raise reading.refuse(node, "it joins samples of a batch", got=f"dim={dim}")
    return Seen(reading.emit(node, "concat", *(x.value for x in seen), batch=batch, axis=axis), batch)


def _stack(reading: Reading, node, values, dim=0) -> Seen:
    first = next(x for x in values if isinstance(x, Seen))
    at = dim % (first.value.ndim + 1)
    batch, axis = (first.batch + 1, at + 1) if at <= first.batch else (first.batch, at)
    parts = []
    for x in values:
        old = (for_each_sample(reading, node, x, first.batch) if isinstance(x, Known) else x).value
        shape = (*old.shape[:axis], 1, *old.shape[axis:])
        target = tuple(-1 if size is None else size for size in shape[1:])
        parts += reading.emit_values(node, "reshape", old, outputs=[Value(shape, old.dtype)], target=target)
    return Seen(reading.emit(node, "concat", *parts, batch=batch, axis=axis), batch)


def _slice(reading: Reading, node, x, dim=0, start=None, stop=None, step=1) -> Seen:
    axis, size = axis_of(x, dim), x.value.shape[axis_of(x, dim)]
    start = 0 if start is None else start
    whole = start == 0 and step == 1 and (stop is None or not isinstance(stop, int) or stop >= 2**31)
    if whole or (size is not None and (start, step) == (0, 1) and stop >= size):
        return x
    if axis == 0:
        raise reading.refuse(node, "it chooses among samples", got=f"{start}:{stop}")
    stop = None if stop is None or stop >= 2**31 else stop
    return Seen(
        reading.emit(node, "slice", x.value, batch=x.batch, axis=axis, start=start, stop=stop, step=step), x.batch
    )


def _narrow(reading: Reading, node, x, dim, start, length) -> Seen:
    return _slice(reading, node, x, dim, start, start + length)


def _select(reading: Reading, node, x, dim, index) -> Seen:
    axis = axis_of(x, dim)
    if axis == 0:
        raise reading.refuse(node, "it chooses among samples", got=f"[{index}]")
    batch = x.batch - (dim % x.value.ndim < x.batch)
    return Seen(reading.emit(node, "select", x.value, batch=batch, axis=axis, index=index), batch)


def _parts(reading: Reading, node, x, dim: int, sizes) -> list[Seen]:
    axis, start, parts = axis_of(x, dim), 0, []
    if axis == 0:
        raise reading.refuse(node, "it splits the batch")
    for fake, size in zip(node.meta["val"], sizes, strict=True):
        settings = {"axis": axis, "start": start, "stop": start + size, "step": 1}
        parts.append(Seen(reading.emit(node, "slice", x.value, fake=fake, batch=x.batch, **settings), x.batch))
        start += size
    return parts


def _split(reading: Reading, node, x, _size, dim=0) -> list[Seen]:
    return _parts(reading, node, x, dim, [fake.shape[dim] for fake in node.meta["val"]])


def _unbind(reading: Reading, node, x, dim=0) -> list[Seen]:
    axis = axis_of(x, dim)
    if axis == 0:
        raise reading.refuse(node, "it splits the batch")
    batch = x.batch - (dim % x.value.ndim < x.batch)
    return [
        Seen(reading.emit(node, "select", x.value, fake=fake, batch=batch, axis=axis, index=at), batch)
        for at, fake in enumerate(node.meta["val"])
    ]


def _pad(reading: Reading, node, x, numbers, mode="constant", value=None):
    old = front(reading, node, x)
    cells = [(0, 0)] * old.ndim
    for at in range(len(numbers) // 2):
        cells[old.ndim - 1 - at] = (numbers[2 * at], numbers[2 * at + 1])
    if cells[0] != (0, 0):
        raise reading.refuse(node, "it pads the batch")
    if mode in ("replicate", "circular"):
        return NotImplemented
    return _padded(reading, node, old, cells, mode, 0.0 if value is None else float(value))


def _padded(reading: Reading, node, old: Value, cells, mode: str, number: float) -> Seen:
    """Padding; negative numbers cut off instead."""
    for axis, (before, after) in enumerate(cells):
        if min(before, after) < 0:
            size = old.shape[axis]
            stop = None if after >= 0 else after
            shape = [*old.shape]
            shape[axis] = None if size is None else size + min(before, 0) + min(after, 0)
            cut = Value(tuple(shape), old.dtype)
            settings = {"axis": axis, "start": max(-before, 0), "stop": stop, "step": 1}
            [old] = reading.emit_values(node, "slice", old, outputs=[cut], **settings)
    cells = tuple((max(before, 0), max(after, 0)) for before, after in cells)
    return Seen(reading.emit(node, "pad", old, cells=cells, mode=mode, value=number))


def _constant_pad(reading: Reading, node, x, numbers, value=0.0) -> Seen:
    return _pad(reading, node, x, numbers, "constant", value)


def _index(reading: Reading, node, x, places) -> Seen:
    """Elements at places that are known along one axis: runs of them as slices, side by side."""
    told = [(axis, one) for axis, one in enumerate(places) if one is not None]
    axis = axis_of(x, told[0][0])
    is_known = isinstance(told[0][1], Known) and told[0][1].tensor.ndim == 1 and told[0][1].tensor.dtype != torch.bool
    if len(told) != 1 or not is_known or axis == 0 or x.value.shape[axis] is None:
        raise reading.refuse(node, "it chooses by values, along several axes, or among samples")
    wanted = [int(at) % x.value.shape[axis] for at in told[0][1].tensor]
    runs: list[list[int]] = []
    for at in wanted:
        if runs and runs[-1][1] == at:
            runs[-1][1] = at + 1
        else:
            runs.append([at, at + 1])
    parts = [_part(reading, node, x.value, axis, start, stop) for start, stop in runs]
    return Seen(reading.emit(node, "concat", *parts, batch=x.batch, axis=axis), x.batch)


def _index_select(reading: Reading, node, x, dim, places) -> Seen:
    return _index(reading, node, x, [None] * (dim % x.value.ndim) + [places])


def _flip(reading: Reading, node, x, axes) -> Seen:
    along = tuple(axis_of(x, axis) for axis in axes)
    if 0 in along:
        raise reading.refuse(node, "it turns the batch round")
    return Seen(reading.emit(node, "flip", x.value, batch=x.batch, axes=along), x.batch)


def _roll(reading: Reading, node, x, shifts, dims=()) -> Seen:
    """Elements that leave at one end come in at the other: two slices change places."""
    value = front(reading, node, x)
    shifts, dims = ([one] if isinstance(one, int) else list(one) for one in (shifts, dims))
    for shift, axis in zip(shifts, dims, strict=True):
        size = value.shape[axis]
        if axis % value.ndim == 0 or size is None:
            raise reading.refuse(node, "it rolls the batch, or an axis of unknown size")
        cut = (size - shift) % size
        if cut:
            ends = ((cut, size), (0, cut))
            parts = [_part(reading, node, value, axis % value.ndim, a, b) for a, b in ends]
            [value] = reading.emit_values(
                node, "concat", *parts, outputs=[Value(value.shape, value.dtype)], axis=axis % value.ndim
            )
    return Seen(value)


def _part(reading: Reading, node, x: Value, axis: int, start: int, stop: int) -> Value:
    shape = tuple(stop - start if at == axis else size for at, size in enumerate(x.shape))
    settings = {"axis": axis, "start": start, "stop": stop, "step": 1}
    return reading.emit_values(node, "slice", x, outputs=[Value(shape, x.dtype)], **settings)[0]


def _pixel_shuffle(reading: Reading, node, x, times) -> Seen:
    """Channels spread over squares of pixels."""
    value = front(reading, node, x)
    _, channels, height, width = value.shape
    new = channels // times**2
    split = (None, new, times, times, height, width)
    [value] = reading.emit_values(node, "reshape", value, outputs=[Value(split, value.dtype)], target=split[1:])
    order = (0, 1, 4, 2, 5, 3)
    moved = Value(tuple(split[axis] for axis in order), value.dtype)
    [value] = reading.emit_values(node, "permute", value, outputs=[moved], order=order)
    return Seen(reading.emit(node, "reshape", value, target=(new, height * times, width * times)))


# ---- products


def _matmul(reading: Reading, node, a, b) -> Seen:
    if isinstance(b, Known) and b.tensor.ndim == 2 and isinstance(a, Seen):
        turned = Known(b.tensor.T, b.source, b.learns)
        if a.batch == a.value.ndim - 1:
            raise reading.refuse(node, "it mixes the samples of a batch")
        return Seen(reading.emit(node, "linear", a.value, batch=a.batch, weights={"weight": turned}), a.batch)
    values = [reading.operand(node, x) if isinstance(x, Known) else front(reading, node, x) for x in (a, b)]
    if min(x.ndim for x in values) < 2 or min(x.ndim for x in values if x.batched) < 3:
        raise reading.refuse(node, "it mixes the samples of a batch")
    return Seen(reading.emit(node, "matmul", *values))


def _einsum(reading: Reading, node, equation, operands, *_, **__) -> Seen:
    values = [reading.operand(node, x) if isinstance(x, Known) else front(reading, node, x) for x in operands]
    return Seen(reading.emit(node, "einsum", *values, equation=equation.replace(" ", "")))


SHAPE_RULES = {
    **dict.fromkeys(
        ("view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as"),
        _reshape,
    ),
    "permute": _permute,
    **dict.fromkeys(("transpose", "t", "swapaxes", "swapdims"), _transpose),
    **dict.fromkeys(("mT", "adjoint"), lambda reading, node, x: _transpose(reading, node, x, -2, -1)),
    **dict.fromkeys(("movedim", "moveaxis"), _movedim),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _expand),
    **dict.fromkeys(("repeat", "tile"), _repeat),
    "new_zeros": _new(0),
    "new_ones": _new(1),
    "new_full": _new(None),
    "index": _index,
    "index_select": _index_select,
    "repeat_interleave": _repeat_interleave,
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    "stack": _stack,
    "slice": _slice,
    "narrow": _narrow,
    "select": _select,
    **dict.fromkeys(("split", "split_with_sizes"), _split),
    "chunk": _split,
    "unbind": _unbind,
    "pad": _pad,
    "constant_pad_nd": _constant_pad,
    "flip": _flip,
    "roll": _roll,
    "pixel_shuffle": _pixel_shuffle,
    **dict.fromkeys(("matmul", "bmm"), _matmul),
    "einsum": _einsum,
}
