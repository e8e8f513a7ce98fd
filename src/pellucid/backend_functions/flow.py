"""K's functions that decide what runs: switches, phases, loops.

Kept true: what is chosen by a symbol is computed on both sides.
"""

from __future__ import annotations

from pellucid import nest, ops
from pellucid.errors import ArgumentError


def switch(condition, then_expression, else_expression):
    """One of two values (or functions that give them): by one condition for all, or by one for each element."""
    then, otherwise = (x() if callable(x) else x for x in (then_expression, else_expression))
    if isinstance(condition, (bool, int)):
        return then if condition else otherwise
    condition = ops.cast(condition, "bool")
    missing = len(then.shape) - len(condition.shape)
    if missing < 0:
        raise ArgumentError(
            "The condition has more axes than what it chooses from.",
            got=tuple(condition.shape),
            expected=tuple(then.shape),
        )
    for _ in range(missing if condition.shape else 0):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, then, otherwise)


def stop_gradient(variables):
    """The same values, through which no gradient goes."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(x) for x in variables]
    return ops.stop_gradient(variables)


# ---- training or not


class _Phase:
    value = 0


def learning_phase() -> int:
    """1 while `set_learning_phase(1)` says so, else 0; models take `training=` instead."""
    return _Phase.value


def set_learning_phase(value):
    """Say what `learning_phase` gives.

    Raises:
        ArgumentError: neither 0 nor 1.
    """
    if value not in (0, 1):
        raise ArgumentError("The learning phase is 0 or 1.", got=repr(value), expected="0 or 1")
    _Phase.value = int(value)


def in_train_phase(x, alt, training=None):
    """x in training, `alt` otherwise; both may be functions."""
    training = learning_phase() if training is None else training
    return switch(training, x, alt)


def in_test_phase(x, alt, training=None):
    """x outside training, `alt` in it; both may be functions."""
    return in_train_phase(alt, x, training)


# ---- loops


def map_fn(fn, elems, name=None, dtype=None):
    """`fn` of each row."""
    return ops.stack([fn(x) for x in ops.unstack(elems, axis=0)], axis=0)


def foldl(fn, elems, initializer=None, name=None):
    """``fn(fn(start, row 0), row 1)`` and so on; the first row is the start if there is none."""
    return _fold(fn, ops.unstack(elems, axis=0), initializer)


def foldr(fn, elems, initializer=None, name=None):
    """As `foldl`, from the last row to the first."""
    return _fold(fn, ops.unstack(elems, axis=0)[::-1], initializer)


def _fold(fn, rows, start):
    rows = list(rows)
    result = rows.pop(0) if start is None else start
    for row in rows:
        result = fn(result, row)
    return result


def rnn(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
    time_major=False,
    zero_output_for_mask=False,
    return_all_outputs=True,
):
    """`step_function`, (x of one step, states) to (output, states), over all steps of ``(batch, steps, ...)``.

    Returns:
        The last output, all outputs (the last alone without `return_all_outputs`), the last states.
    """
    axis = 0 if time_major else 1
    steps = list(zip(*(ops.unstack(x, axis=axis) for x in nest.flatten(inputs)), strict=True))
    masks = [None] * len(steps) if mask is None else ops.unstack(ops.cast(mask, "bool"), axis=axis)
    states, more, outputs = list(initial_states), list(constants or ()), []
    for at in reversed(range(len(steps))) if go_backwards else range(len(steps)):
        x = nest.pack_sequence_as(inputs, list(steps[at]))
        output, new_states = step_function(x, (*states, *more))
        if masks[at] is not None:
            before = ops.zeros_like(output) if zero_output_for_mask or not outputs else outputs[-1]
            output = switch(masks[at], output, before)
            new_states = [switch(masks[at], new, old) for new, old in zip(new_states, states, strict=True)]
        states = list(new_states)
        outputs.append(output)
    joined = ops.stack(outputs if return_all_outputs else outputs[-1:], axis=axis)
    return outputs[-1], joined, states
