"""Control flow: choosing between functions, and loops.

Below:  nest.py carries structures of values through a loop; symbolic.py takes what shapes alone cannot tell.
Kept true: a function without values runs once, on one element, however long the loop would be.
"""

from __future__ import annotations

import builtins

import torch

from pellucid import nest
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor
from pellucid.ops.symbolic import output_of


@operation
def cond(pred, true_fn, false_fn):
    """``true_fn()`` if the condition holds, else ``false_fn()``; in a symbolic model both give the same form."""
    if isinstance(pred, torch.Tensor) and pred.is_meta:
        return true_fn()
    return true_fn() if pred else false_fn()


@output_of(cond)
def _cond_output(pred, true_fn, false_fn):
    specs = [compute_output_spec(fn) for fn in (true_fn, false_fn)]
    forms = [[(getattr(x, "shape", None), getattr(x, "dtype", None)) for x in nest.flatten(spec)] for spec in specs]
    if forms[0] != forms[1]:
        raise ArgumentError("Both branches of `cond` give the same shapes and dtypes.", got=specs[1], expected=specs[0])
    return specs[0]


@operation
def switch(index, branches, *operands):
    """``branches[index](*operands)``; an index outside is moved to the nearer end."""
    index = tensor(index)
    if index.is_meta:
        return branches[0](*operands)
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


@operation
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Run ``loop_vars = body(*loop_vars)`` as long as ``cond(*loop_vars)`` holds.

    Args:
        loop_vars: one value, or a tuple or list of them (each may be a structure).
        maximum_iterations: stop after so many, whatever the condition says.
    """
    several = isinstance(loop_vars, (tuple, list))
    state = nest.map_structure(tensor, tuple(loop_vars) if several else (loop_vars,))
    runs = 0
    while (maximum_iterations is None or runs < maximum_iterations) and cond(*state):
        state = body(*state)
        state = tuple(state) if isinstance(state, (tuple, list)) else (state,)
        runs += 1
    return state if several else state[0]


@output_of(while_loop)
def _while_loop_output(cond, body, loop_vars, maximum_iterations=None):
    return nest.map_structure(_like, tuple(loop_vars) if isinstance(loop_vars, list) else loop_vars)


@operation
def fori_loop(lower, upper, body_fun, init_val):
    """Run ``value = body_fun(i, value)`` for each i from `lower` up to, but without, `upper`."""
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


@output_of(fori_loop)
def _fori_loop_output(lower, upper, body_fun, init_val):
    return nest.map_structure(_like, init_val)


def _like(x) -> KerasTensor:
    """A fresh symbol of the same shape and dtype."""
    x = x if isinstance(x, KerasTensor) else tensor(x)
    return KerasTensor(x.shape, x.dtype)


@operation
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Carry a state along the first axis: ``state, y = f(state, x)`` for each x; gives the last state and all y.

    Args:
        init: the first state, a value or structure.
        xs: the values to walk along, a value or structure; None needs `length`, and f gets None.
        length: how many steps.
        reverse: start with the last x; the ys lie as the xs do.
        unroll: without effect; kept for Keras's signature.

    Raises:
        ArgumentTypeError: `f` is no function.
        ArgumentError: neither `xs` nor `length`, or `unroll` is no bool and no whole number from 1.
    """
    _require_function(f)
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ArgumentError("`unroll` is a bool or a whole number from 1.", got=repr(unroll), fix="unroll=1")
    if xs is None and length is None:
        raise ArgumentError(
            "`scan` needs values to walk along, or a length.", got="neither", fix="scan(f, init, length=10)"
        )
    xs = None if xs is None else nest.map_structure(tensor, xs)
    state = nest.map_structure(tensor, init)
    count = int(length) if length is not None else nest.flatten(xs)[0].shape[0]
    shapes_only = builtins.any(x.is_meta for x in nest.flatten((xs, state)) if x is not None)
    steps = range(1 if shapes_only and count else count)
    ys = []
    for k in reversed(steps) if reverse else steps:
        state, y = f(state, None if xs is None else nest.map_structure(lambda x, k=k: x[k], xs))
        ys.append(nest.map_structure(torch.zeros_like, state) if y is None else y)
    if reverse:
        ys.reverse()
    return state, _stacked(ys, count if shapes_only else len(ys))


def _stacked(ys, count):
    """The ys of all steps along a new first axis; one y stands for all of them where there are no values."""
    if len(ys) == count:
        return nest.map_structure(lambda *y: torch.stack([tensor(one) for one in y]), *ys)
    return nest.map_structure(lambda y: tensor(y).expand(count, *tensor(y).shape), ys[0])


def _require_function(f):
    if not callable(f):
        raise ArgumentTypeError("`f` is a function.", got=repr(f))


@operation
def map(f, xs):
    """`f` applied to each element along the first axis, the results along a new first axis."""
    return scan(lambda _, x: ((), f(x)), (), xs)[1]


@operation
def vectorized_map(function, elements):
    """`function` applied to all elements along the first axis at once; it sees them without that axis."""
    return torch.vmap(function)(nest.map_structure(tensor, elements))


@operation
def associative_scan(f, elems, reverse=False, axis=0):
    """All running combinations along an axis: x0, f(x0, x1), f(f(x0, x1), x2), ..., in about log2(n) rounds.

    Args:
        f: combines two values (or structures) place by place; the grouping does not matter to it.
        elems: a value or structure, of one length along `axis`.
        reverse: start from the end.

    Raises:
        ArgumentTypeError: `f` is no function.
        ShapeError: different lengths.
    """
    _require_function(f)
    parts = [tensor(x) for x in nest.flatten(elems)]
    lengths = {x.shape[axis] for x in parts}
    if len(lengths) != 1:
        raise ShapeError("All values have one length along the axis.", got=sorted(lengths))

    def combine(a, b):
        return [tensor(x) for x in nest.flatten(f(nest.pack_sequence_as(elems, a), nest.pack_sequence_as(elems, b)))]

    parts = [torch.flip(x, (axis,)) for x in parts] if reverse else parts
    parts = [torch.movedim(x, 0, axis) for x in _running([torch.movedim(x, axis, 0) for x in parts], combine, axis)]
    parts = [torch.flip(x, (axis,)) for x in parts] if reverse else parts
    return nest.pack_sequence_as(elems, parts)


def _running(parts, combine, axis):
    """Running combinations along the first axis: those at odd places from pairs, those between from them."""
    count = parts[0].shape[0]
    if count < 2:
        return parts

    def combined(a, b):
        moved = combine(*([torch.movedim(x, 0, axis) for x in side] for side in (a, b)))
        return [torch.movedim(x, axis, 0) for x in moved]

    odd = _running(combined([x[:-1:2] for x in parts], [x[1::2] for x in parts]), combine, axis)
    even = [x[:1] for x in parts]
    if count > 2:
        rest = combined([x[: (count - 1) // 2] for x in odd], [x[2::2] for x in parts])
        even = [torch.cat(both) for both in zip(even, rest, strict=True)]
    return [_interleaved(a, b) for a, b in zip(even, odd, strict=True)]


def _interleaved(even, odd):
    """a0 b0 a1 b1 ...; the first may be one longer."""
    count = odd.shape[0]
    return torch.cat((torch.stack((even[:count], odd), dim=1).flatten(0, 1), even[count:]))
