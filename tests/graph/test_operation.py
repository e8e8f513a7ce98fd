"""Operations run on values, note nodes on symbols, and can be made again from what they were made with."""

import pytest
import torch

from pellucid.errors import ArgumentTypeError, MissingAttributeError, OperationError, UnsupportedError
from pellucid.graph.operation import Operation, operation
from pellucid.graph.symbol import KerasTensor


class Scale(Operation):
    def __init__(self, factor, shift=0.0, *, name=None):
        super().__init__(name=name)
        self.factor = factor
        self.shift = shift

    def call(self, x):
        return x * self.factor + self.shift


class Open(Operation):
    def __init__(self, *args, **kwargs):
        super().__init__()


class Silent(Operation):
    def __init__(self, function):
        super().__init__()


@operation
def doubled_for_test(x, times=1):
    """A function of ops, in small."""
    return torch.as_tensor(x) * 2**times


def test_on_values_it_just_runs():
    assert Scale(3)(torch.tensor([1.0, 2.0])).tolist() == [3, 6]
    assert doubled_for_test(torch.tensor([1.0]), times=3).tolist() == [8]


def test_on_symbols_it_notes_a_node():
    scale = Scale(3, name="triple")
    with pytest.raises(MissingAttributeError, match="has not been called"):
        _ = scale.output
    x = KerasTensor((None, 2))
    y = scale(x)
    assert (y.shape, scale.input, scale.output) == ((None, 2), x, y)
    z = scale(y)
    assert z._keras_history == (scale, 1, 0)
    assert scale._inbound_nodes[1].parent_nodes == [scale._inbound_nodes[0]]


def test_a_function_of_ops_is_an_operation_too():
    y = doubled_for_test(KerasTensor((3,)), name="twice")
    assert y._keras_history.operation.name == "twice" and y.shape == (3,)
    assert type(y._keras_history.operation).__name__ == "DoubledForTest"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: Scale(3, name="s"), {"factor": 3, "shift": 0.0, "name": "s"}),
        (lambda: Scale(factor=2, shift=[1, 2], name="s"), {"factor": 2, "shift": [1, 2], "name": "s"}),
    ],
)
def test_its_config_is_what_it_was_made_with(made, expected):
    config = made().get_config()
    assert config == expected
    again = Scale.from_config(config)
    assert again.get_config() == expected


@pytest.mark.parametrize("made", [lambda: Silent(len), lambda: Open(1)])
def test_arguments_that_are_no_plain_data_need_a_config_of_their_own(made):
    with pytest.raises(UnsupportedError, match="def get_config"):
        made().get_config()


def test_a_config_with_other_arguments_is_refused():
    with pytest.raises(ArgumentTypeError, match="Scale cannot be made"):
        Scale.from_config({"fctor": 3})


@pytest.mark.parametrize("name", ["a/b", 3])
def test_a_name_has_no_slashes(name):
    with pytest.raises(ValueError, match="without slashes"):
        Scale(1, name=name)


def test_without_a_call_it_cannot_be_called():
    with pytest.raises(NotImplementedError, match="has no `call`"):
        Operation()(1)


def test_a_refusal_of_pytorch_tells_what_was_given():
    @operation
    def joined_for_test(x, y):
        return x @ y

    with pytest.raises(OperationError) as caught:
        joined_for_test(torch.ones(2, 3), torch.ones(2, 3))
    assert "Tensor(2, 3) of float32, Tensor(2, 3) of float32" in str(caught.value)


def test_shapes_that_do_not_fit_are_told_while_the_graph_is_built():
    class Joined(Operation):
        def call(self, x, y):
            return x @ y

    with pytest.raises(ValueError, match="joined"):
        Joined()(KerasTensor((2, 3)), KerasTensor((2, 3)))
