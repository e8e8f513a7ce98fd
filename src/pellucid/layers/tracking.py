"""What a layer owns, found by looking: weights, sub-layers, metrics and seeds among its attributes.

Above:  layers/base.py asks here whenever it lists weights or layers.
Kept true: nothing is registered on the side. An attribute that holds a layer, or a list, tuple, dict
           or set that holds one at any depth, makes it a sub-layer, in the order the attributes were set.
"""

from __future__ import annotations

from collections.abc import Iterator

_CONTAINERS = (list, tuple, dict, set, frozenset)
# What was given to __init__ is not owned, and the graph around a layer is not part of it.
_NOT_OWNED = frozenset(
    {"_given", "_inbound_nodes", "_outbound_nodes", "_losses", "_input_spec", "_build_shapes_dict", "_functional"}
)


def held(owner, kinds: tuple[type, ...]) -> list:
    """The objects of these kinds that an owner's attributes hold, each once."""
    found: dict[int, object] = {}
    for name, value in vars(owner).items():
        if name not in _NOT_OWNED:
            for thing in _inside(value, kinds):
                found.setdefault(id(thing), thing)
    return list(found.values())


def holds(value, kinds: tuple[type, ...]) -> bool:
    """Whether a value is of these kinds, or a container with one inside."""
    return next(_inside(value, kinds), None) is not None


def _inside(value, kinds, around: tuple[int, ...] = ()) -> Iterator:
    if isinstance(value, kinds):
        yield value
    elif isinstance(value, _CONTAINERS) and id(value) not in around:  # a list may hold itself
        around = (*around, id(value))
        for item in value.values() if isinstance(value, dict) else value:
            # A number or string is by far the most frequent item; it holds nothing.
            if not isinstance(item, (int, float, str)):
                yield from _inside(item, kinds, around)
