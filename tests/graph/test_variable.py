"""Weights: named tensors that are assigned in place, and read as the open scopes want."""

import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError, StateError
from pellucid.graph.scopes import AutocastScope, StatelessScope
from pellucid.graph.variable import Variable
from pellucid.naming import name_scope


def test_a_weight_made_of_values_copies_them():
    values = np.array([1.0, 2.0], "float32")
    weight = Variable(values, name="kernel")
    values[0] = 9
    assert weight.numpy().tolist() == [1, 2]
    assert (weight.shape, weight.dtype, weight.ndim, weight.name, weight.path) == (
        (2,),
        "float32",
        1,
        "kernel",
        "kernel",
    )
    assert weight.trainable and weight.value.requires_grad


def test_a_weight_made_by_an_initializer_asks_it_once():
    calls = []

    def initializer(shape, dtype):
        calls.append((shape, dtype))
        return np.full(shape, 3, dtype)

    weight = Variable(initializer, shape=(2, 1), dtype="int32", trainable=False)
    assert weight.numpy().tolist() == [[3], [3]] and calls == [((2, 1), "int32")]
    with pytest.raises(StateError, match="first value already"):
        weight.initialize()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"initializer": [1.0], "name": "a/b"}, "without slashes"),
        ({"initializer": [1.0], "name": 3}, "without slashes"),
        ({"initializer": [1.0], "aggregation": "median"}, "aggregation"),
        ({"initializer": torch.zeros_like}, "needs a shape"),
        ({"initializer": torch.zeros_like, "shape": (None, 2)}, "needs every size"),
    ],
)
def test_a_weight_cannot_be_made_so(arguments, match):
    with pytest.raises(ValueError, match=match):
        Variable(**arguments)


def test_its_path_begins_with_the_open_scopes():
    with name_scope("model"), name_scope("dense"):
        assert Variable([1.0], name="kernel").path == "model/dense/kernel"


def test_assigning_changes_the_same_memory():
    weight = Variable([1.0, 2.0])
    seen = weight.value
    weight.assign([3, 4])
    weight.assign_add([10, 10])
    weight.assign_sub([1, 2])
    assert seen.tolist() == [12, 12] == weight.value.tolist()


def test_assigning_another_shape_names_the_weight():
    with pytest.raises(ShapeError) as caught:
        Variable([1.0, 2.0], name="bias").assign([1, 2, 3])
    assert str(caught.value) == (
        "The weight 'bias' cannot take these values.\n"
        "  got       (3,)\n"
        "  expected  (2,)\n"
        "  fix       variable.assign(value) with a value of shape (2,)"
    )


def test_gradients_follow_trainable():
    weight = Variable([1.0])
    weight.trainable = False
    assert not weight.value.requires_grad
    weight.trainable = True
    assert weight.value.requires_grad
    assert not Variable([1], trainable=True).value.requires_grad  # whole numbers have no gradients


def test_pytorch_functions_take_a_weight():
    weight = Variable([[1.0, 2.0]])
    assert torch.cat([weight, weight]).tolist() == [[1, 2], [1, 2]]
    assert torch.add(weight, 1).tolist() == [[2, 3]]
    assert torch.sum(input=weight).item() == 3


def test_a_weight_reads_as_a_number_or_an_array():
    weight = Variable(3, dtype="int32", trainable=False)
    assert int(weight) == float(weight) == 3 and [0, 1, 2, 3][weight] == 3
    assert np.asarray(Variable([1.0, 2.0])).tolist() == [1, 2]
    assert len(Variable([1.0, 2.0])) == 2 and Variable([1.0, 2.0])[1].item() == 2
    with pytest.raises(ArgumentTypeError, match="neither true nor false"):
        bool(weight)
    for read in (int, float):
        with pytest.raises(ArgumentTypeError, match="no number"):
            read(Variable([1.0, 2.0]))


def test_without_state_a_weight_keeps_its_own_value():
    weight = Variable([1.0], name="w")
    with StatelessScope([(weight, torch.tensor([5.0]))]) as scope:
        assert weight.value.tolist() == [5]
        weight.assign([7])
        assert weight.value.tolist() == [7] == scope.get_current_value(weight).tolist()
    assert weight.value.tolist() == [1]


def test_without_state_a_weight_takes_values_of_its_own_shape_only():
    with pytest.raises(ShapeError, match="'w'"):
        StatelessScope([(Variable([1.0], name="w"), torch.ones(2))])
    with pytest.raises(ArgumentError, match="pairs weights"):
        StatelessScope([("w", torch.ones(2))])


def test_without_state_a_weight_gets_its_first_value_at_the_end():
    with StatelessScope():
        weight = Variable(lambda shape, dtype: torch.ones(shape), shape=(2,))
        with pytest.raises(ArgumentError, match="without state"):
            Variable([1.0])
    assert weight.value.tolist() == [1, 1]


def test_autocast_reads_floats_only():
    kernel, count, fixed = Variable([1.0]), Variable([1], trainable=False), Variable([1.0], autocast=False)
    with AutocastScope("float16"):
        assert (kernel.value.dtype, kernel.dtype) == (torch.float16, "float16")
        assert count.value.dtype == torch.int32 or count.dtype.startswith("int")
        assert (fixed.value.dtype, fixed.dtype) == (torch.float32, "float32")
        with AutocastScope(None):
            assert kernel.dtype == "float32"
    assert kernel.dtype == "float32"
    with pytest.raises(ArgumentError, match="floating-point"):
        AutocastScope("int32")


@pytest.mark.parametrize("word", ["regularizer", "constraint"])
def test_penalties_and_constraints_are_callables(word):
    weight = Variable([1.0])
    setattr(weight, word, abs)
    assert getattr(weight, word) is abs
    setattr(weight, word, None)
    with pytest.raises(ArgumentError, match=word):
        setattr(weight, word, "l2")


def test_weights_compute_by_the_rules_of_operations():
    weight = Variable([1.0, -2.0])
    assert (weight + 1).tolist() == (1 + weight).tolist() == [2, -1]
    assert (3 - weight).tolist() == [2, 5] and (weight * weight).tolist() == [1, 4]
    assert (weight > 0).tolist() == [True, False] and (weight == 1).tolist() == [True, False]
    assert (-weight).tolist() == [-1, 2] and abs(weight).tolist() == [1, 2]
    assert (weight @ weight).item() == 5 and (weight**2).tolist() == [1, 4] and (weight // 2).tolist() == [0, -1]


def test_two_weights_are_two_keys():
    first, second = Variable([1.0]), Variable([1.0])
    assert len({first: 1, second: 2}) == 2
