"""The graph between symbols: its order, and what is wrong with one."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import errors, layers
from pellucid.graph.graph import Graph


def names(graph):
    return [operation.name for operation in graph.operations]


def test_operations_stand_far_from_the_outputs_first():
    x = layers.Input((4,), name="x")
    left = layers.Dense(2, name="left")(x)
    right = layers.Dense(2, name="right_2")(layers.Dense(3, name="right_1")(x))
    total = layers.Add(name="total")([left, right])
    assert names(Graph([x], [total])) == ["x", "right_1", "left", "right_2", "total"]


def test_a_layer_called_twice_is_one_operation_and_two_nodes():
    x = layers.Input((4,))
    dense = layers.Dense(4)
    graph = Graph([x], [dense(dense(x))])
    assert len(graph.operations) == 2
    assert len([node for node in graph.nodes if node.operation is dense]) == 2


def test_an_input_that_no_output_needs_is_part_of_the_graph():
    a, b = layers.Input((2,), name="a"), layers.Input((2,), name="b")
    assert set(names(Graph([a, b], [layers.Dense(1)(a)]))) >= {"a", "b"}


def test_an_input_that_is_missing_is_named():
    a, b = layers.Input((2,), name="a"), layers.Input((2,), name="b")
    with pytest.raises(errors.ArgumentError) as caught:
        Graph([a], [layers.Add(name="total")([a, b])])
    assert "'total'" in str(caught.value)


def test_two_layers_of_one_name_are_refused():
    x = layers.Input((2,))
    with pytest.raises(errors.ArgumentError) as caught:
        Graph([x], [layers.Dense(2, name="same")(layers.Dense(2, name="same")(x))])
    assert 'name="same_2"' in str(caught.value)


def test_a_graph_of_three_thousand_layers_is_walked():
    x = y = layers.Input((1,))
    for _ in range(3000):
        y = layers.Identity()(y)
    assert len(Graph([x], [y]).operations) == 3001


def test_arithmetic_on_symbols_becomes_operations_with_kerass_names():
    x = layers.Input((3,))
    y = 2 * x + pellucid.ops.mean(x, axis=-1, keepdims=True)
    assert [type(operation).__name__ for operation in Graph([x], [y]).operations] == [
        "InputLayer",
        "Multiply",
        "Mean",
        "Add",
    ]
