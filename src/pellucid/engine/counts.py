"""Counts: whole numbers among the arguments of `fit` and its sisters.

Above: train.py, validation.py and data/ check epochs, steps and batch sizes with this.
"""

from __future__ import annotations

import operator

from pellucid.errors import ArgumentError, ArgumentTypeError


def whole_number(name: str, value, what: str, *, least: int = 0) -> int:
    """The value as an int.

    Args:
        name: the argument's name.
        what: what it counts, such as "epochs".
        least: the smallest number that makes sense.

    Raises:
        ArgumentTypeError: no whole number.
        ArgumentError: below `least`.
    """
    facts = {"got": f"{name}={value!r}", "expected": f"a whole number, {least} or more", "fix": f"{name}=10"}
    try:
        count = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"`{name}` is a number of {what}.", **facts) from None
    if count < least:
        raise ArgumentError(f"`{name}` is a number of {what}.", **facts)
    return count
