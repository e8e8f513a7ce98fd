"""Nested structures: lists, tuples, named tuples and dicts, with values as leaves.

Above: every floor; the door ``pellucid.tree`` gives these under Keras's names.
Kept true: None is a leaf; a dict is walked in the order of its sorted keys, an OrderedDict in its own.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator

from pellucid.errors import ArgumentError, ArgumentTypeError


class MAP_TO_NONE:  # noqa: N801  (Keras's public spelling)
    """Returned by the function given to `traverse` to put None in a place."""


def is_nested(structure) -> bool:
    """Whether this is a list, tuple or dict (or a kind of them), empty ones included."""
    return isinstance(structure, (list, tuple, dict, collections.deque))


def _children(structure) -> list[tuple]:
    """The keys and values of one level, in walking order."""
    if isinstance(structure, dict):
        keys = list(structure)
        if not isinstance(structure, collections.OrderedDict):
            try:
                keys.sort()
            except TypeError:
                keys.sort(key=lambda key: (type(key).__name__, str(key)))
        return [(key, structure[key]) for key in keys]
    return list(enumerate(structure))


def _is_namedtuple(structure) -> bool:
    return isinstance(structure, tuple) and hasattr(structure, "_fields")


def _rebuild(like, children: list):
    """A structure of the same kind and keys as `like`, with these children in walking order."""
    if isinstance(like, dict):
        by_key = dict(zip((key for key, _ in _children(like)), children, strict=True))
        pairs = [(key, by_key[key]) for key in like]
        if isinstance(like, collections.defaultdict):
            return type(like)(like.default_factory, pairs)
        return type(like)(pairs)
    if _is_namedtuple(like):
        return type(like)(*children)
    if isinstance(like, collections.deque):
        return type(like)(children, maxlen=like.maxlen)
    return type(like)(children)


def leaves(structure) -> Iterator:
    """The leaves of a structure, one after the other."""
    if not is_nested(structure):
        yield structure
        return
    for _, child in _children(structure):
        yield from leaves(child)


def flatten(structure) -> list:
    """The leaves of a structure as a list."""
    if not is_nested(structure):
        return [structure]
    return list(leaves(structure))


def flatten_with_path(structure) -> list[tuple[tuple, object]]:
    """Pairs (path, leaf); a path is the tuple of keys that lead to the leaf."""
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, child in _children(structure) for path, leaf in flatten_with_path(child)]


def map_structure(func: Callable, *structures, none_is_leaf: bool = True):
    """Apply `func` to leaves at the same place of all structures; the result has the first one's form.

    Raises:
        ArgumentError: no structure, or structures of different forms.
    """
    if not structures:
        raise ArgumentError("map_structure needs a structure.", got="none", fix="tree.map_structure(func, structure)")
    first, *others = structures
    if not is_nested(first):
        if first is None and not none_is_leaf:
            if any(other is not None for other in others):
                raise _different(first, next(other for other in others if other is not None))
            return None
        if any(is_nested(other) for other in others):
            raise _different(first, next(o for o in others if is_nested(o)))
        return func(*structures)
    columns = [_matched_children(first, other) for other in structures]
    return _rebuild(first, [map_structure(func, *row, none_is_leaf=none_is_leaf) for row in zip(*columns, strict=True)])


def _matched_children(like, other) -> list:
    if not is_nested(other):
        raise _different(like, other)
    if _kind(like) is not _kind(other) or len(like) != len(other):
        raise _different(like, other)
    if not isinstance(like, dict):
        return list(other)
    if set(like) != set(other):
        raise _different(like, other)
    return [other[key] for key, _ in _children(like)]


def _kind(structure) -> type:
    """What two structures of the same form have in common: all dicts are alike, named tuples only to themselves."""
    if _is_namedtuple(structure):
        return type(structure)
    return next(kind for kind in (dict, list, tuple, collections.deque) if isinstance(structure, kind))


def _different(a, b) -> ArgumentError:
    return ArgumentError("The structures don't have the same form.", got=_form(b), expected=_form(a))


def _form(structure) -> str:
    """The structure with a dot for each leaf."""
    if not is_nested(structure):
        return "."
    inner = ", ".join(
        f"{key!r}: {_form(child)}" if isinstance(structure, dict) else _form(child)
        for key, child in _children(structure)
    )
    return f"{type(structure).__name__}({inner})"


def map_structure_up_to(shallow_structure, func: Callable, *structures):
    """As `map_structure`, but go no deeper than `shallow_structure` does.

    Raises:
        ArgumentError: no structure, or one that is not as deep as `shallow_structure`.
    """
    if not structures:
        raise ArgumentError("map_structure_up_to needs a structure.", got="none")
    if not is_nested(shallow_structure):
        return func(*structures)
    columns = [_matched_children(shallow_structure, other) for other in structures]
    rows = zip((child for _, child in _children(shallow_structure)), *columns, strict=True)
    return _rebuild(shallow_structure, [map_structure_up_to(shallow, func, *row) for shallow, *row in rows])


def assert_same_structure(a, b, check_types=None) -> None:
    """Raise unless both have the same form; `check_types` changes nothing, as in Keras.

    Raises:
        ArgumentError: the forms differ.
    """
    map_structure(lambda _a, _b: None, a, b)


def assert_same_paths(a, b) -> None:
    """Raise unless both have leaves at the same paths; lists and tuples count as equal.

    Raises:
        ArgumentError: the paths differ.
    """
    paths_a = {path for path, _ in flatten_with_path(a)}
    paths_b = {path for path, _ in flatten_with_path(b)}
    if paths_a != paths_b:
        raise ArgumentError(
            "The structures don't have leaves at the same paths.",
            got=sorted(map(str, paths_b - paths_a)),
            expected=sorted(map(str, paths_a - paths_b)),
        )


def pack_sequence_as(structure, flat_sequence: Iterable):
    """Put the values of a flat sequence in the places of `structure`'s leaves.

    Raises:
        ArgumentTypeError: `flat_sequence` is no sequence.
        ArgumentError: it has too few or too many values.
    """
    if isinstance(flat_sequence, str) or not hasattr(flat_sequence, "__iter__"):
        raise ArgumentTypeError(
            "A flat sequence is a list of values.", got=type(flat_sequence).__name__, expected="a list"
        )
    values = list(flat_sequence)
    count = len(flatten(structure))
    if len(values) != count:
        raise ArgumentError("The flat sequence does not fill the structure.", got=len(values), expected=count)
    supply = iter(values)

    def pack(part):
        if not is_nested(part):
            return next(supply)
        return _rebuild(part, [pack(child) for _, child in _children(part)])

    return pack(structure)


def lists_to_tuples(structure):
    """The same structure with every list made a tuple."""
    if isinstance(structure, list):
        return tuple(lists_to_tuples(child) for child in structure)
    if is_nested(structure):
        return _rebuild(structure, [lists_to_tuples(child) for _, child in _children(structure)])
    return structure


def is_shape(structure) -> bool:
    """Whether this is one shape: a list or tuple of ints and Nones."""
    return isinstance(structure, (list, tuple)) and all(size is None or isinstance(size, int) for size in structure)


def map_shape_structure(func: Callable, structure):
    """As `map_structure`, where whole shapes are leaves too, given to `func` as the lists or tuples that they are."""
    if is_shape(structure) or not is_nested(structure):
        return func(structure)
    return _rebuild(structure, [map_shape_structure(func, child) for _, child in _children(structure)])


def traverse(func: Callable, structure, top_down: bool = True):
    """Walk all levels; where `func` gives something else than None, that takes the place.

    Args:
        func: called with each part; returns None to go on, `MAP_TO_NONE` to put a None.
        top_down: whether a part is seen before what it holds.
    """

    def inside(part):
        if not is_nested(part):
            return part
        return _rebuild(part, [traverse(func, child, top_down) for _, child in _children(part)])

    if top_down:
        result = func(structure)
        result = inside(structure) if result is None else result
    else:
        walked = inside(structure)
        result = func(walked)
        result = walked if result is None else result
    return None if result is MAP_TO_NONE else result
