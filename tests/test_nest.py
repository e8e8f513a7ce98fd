"""Nested structures walk, map and pack as Keras's do."""

import collections

import keras
import numpy as np
import pytest

from pellucid import nest
from pellucid.errors import ArgumentError, ArgumentTypeError

Point = collections.namedtuple("Point", "x y")

STRUCTURES = [
    1,
    None,
    "word",
    [],
    (),
    {},
    [1, 2, 3],
    (1, (2, [3, None])),
    {"b": 1, "a": [2, 3]},
    {2: "two", 1: "one"},
    collections.OrderedDict([("z", 1), ("a", (2, 3))]),
    collections.defaultdict(list, {"b": 1, "a": 2}),
    collections.deque([1, [2, 3]]),
    Point(1, Point([2], {"k": 3})),
    [{"a": (1, 2)}, {"a": (3, [])}],
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_leaves_and_paths_are_keras_s(structure):
    assert nest.is_nested(structure) == keras.tree.is_nested(structure)
    assert nest.flatten(structure) == keras.tree.flatten(structure)
    assert list(nest.leaves(structure)) == keras.tree.flatten(structure)
    assert nest.flatten_with_path(structure) == keras.tree.flatten_with_path(structure)


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_mapping_and_packing_keep_the_form(structure):
    ours = nest.map_structure(lambda x: (x,), structure)
    theirs = keras.tree.map_structure(lambda x: (x,), structure)
    assert ours == theirs and type(ours) is type(theirs)
    packed = nest.pack_sequence_as(structure, nest.flatten(structure))
    assert packed == structure and type(packed) is type(structure)
    assert nest.lists_to_tuples(structure) == keras.tree.lists_to_tuples(structure)


def test_a_rebuilt_dict_keeps_the_order_of_its_keys():
    assert list(nest.map_structure(str, {"b": 1, "a": 2})) == ["b", "a"]
    assert nest.pack_sequence_as({"b": 0, "a": 0}, ["of a", "of b"]) == {"b": "of b", "a": "of a"}


def test_a_deque_keeps_its_length():
    assert nest.map_structure(str, collections.deque([1, 2], maxlen=2)).maxlen == 2


def test_mapping_several_structures_pairs_their_leaves():
    assert nest.map_structure(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]}) == {"x": [11, 22]}


@pytest.mark.parametrize(
    "other",
    [[1], [1, [2, 3], 4], (1, [2, 3]), [1, 2], [1, {"a": 2, "b": 3}], 5],
    ids=str,
)
def test_structures_of_another_form_are_told_apart(other):
    structure = [1, [2, 3]]
    with pytest.raises((ValueError, TypeError)):
        keras.tree.map_structure(lambda a, b: a, structure, other)
    with pytest.raises(ArgumentError, match="same form"):
        nest.map_structure(lambda a, b: a, structure, other)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1, 2], (1, 2)),
        ({"a": 1}, collections.OrderedDict(a=1)),
        ({"a": 1}, {"b": 1}),
        ([1, 2], [1, [2]]),
        (Point(1, 2), (1, 2)),
        (Point(1, 2), collections.namedtuple("Other", "x y")(1, 2)),
        ([1, 2], collections.deque([1, 2])),
        ({"a": [1]}, {"a": (1,)}),
        ([], []),
        (1, 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("law", ["assert_same_structure", "assert_same_paths"])
def test_two_structures_are_the_same_where_keras_says_so(a, b, law):
    def verdict(module):
        try:
            getattr(module, law)(a, b)
        except (ValueError, TypeError):
            return "different"
        return "same"

    assert verdict(nest) == verdict(keras.tree)


def test_mapping_up_to_a_shallow_structure_hands_over_what_lies_below():
    shallow, deep = [None, {"a": None}], [(1, 2), {"a": [3]}]
    assert nest.map_structure_up_to(shallow, repr, deep) == ["(1, 2)", {"a": "[3]"}]
    with pytest.raises(ArgumentError):
        nest.map_structure_up_to([None, None], repr, [1])


@pytest.mark.parametrize("call", [nest.map_structure, lambda f: nest.map_structure_up_to([1], f)])
def test_mapping_nothing_is_refused(call):
    with pytest.raises(ArgumentError, match="structure"):
        call(str)


def test_none_may_stand_for_nothing_at_all():
    assert nest.map_structure(str, [1, None], none_is_leaf=False) == ["1", None]
    assert nest.map_structure(str, [1, None]) == ["1", "None"]
    with pytest.raises(ArgumentError, match="same form"):
        nest.map_structure(lambda a, b: a, [1, None], [1, 2], none_is_leaf=False)


def test_packing_counts_the_values():
    with pytest.raises(ArgumentError, match="does not fill"):
        nest.pack_sequence_as([0, 0], [1])
    with pytest.raises(ArgumentTypeError, match="list of values"):
        nest.pack_sequence_as([0, 0], 5)
    assert nest.pack_sequence_as([0, (0, 0)], np.arange(3)) == [0, (1, 2)]


def test_whole_shapes_are_mapped():
    shapes = {"a": (None, 2), "b": [(3,), ()]}
    assert nest.map_shape_structure(len, shapes) == {"a": 2, "b": [1, 0]} == keras.tree.map_shape_structure(len, shapes)
    assert nest.map_shape_structure(type, [[1, None], (2,), "word"]) == [list, tuple, str]


@pytest.mark.parametrize("top_down", [True, False])
def test_traversing_replaces_and_goes_on_as_keras_does(top_down):
    def seen_by(module):
        seen = []

        def visit(part):
            seen.append(repr(part))
            if part == 2:
                return module.MAP_TO_NONE
            return "short" if part == [3] else None

        return module.traverse(visit, {"a": [1, 2], "b": ([3], 4)}, top_down=top_down), seen

    assert seen_by(nest) == seen_by(keras.tree)
    assert seen_by(nest)[0] == {"a": [1, None], "b": ("short", 4)}
