"""Programs: a graph as ordered steps."""

from __future__ import annotations

import torch

from pellucid import layers
from pellucid.engine.program import Program
from pellucid.graph.graph import Graph


def test_steps_run_in_order_and_give_all_outputs():
    x = layers.Input((2,))
    double = x * 2
    program = Program(Graph([x], [double, double + 1]))
    first, second = program.run([torch.tensor([[1.0, 2.0]])])
    assert first.tolist() == [[2, 4]]
    assert second.tolist() == [[3, 5]]


def test_a_value_is_let_go_after_its_last_reader():
    x = layers.Input((2,))
    program = Program(Graph([x], [(x + 1) * 2 - x]))
    frees = [set(step.frees) for step in program.steps]
    reads = [set(step.reads) for step in program.steps]
    assert frees[0] == set()  # x is read again by the last step
    assert frees[1] == reads[1]  # x + 1 is done with
    assert 0 in frees[2]


def test_an_output_is_never_let_go():
    x = layers.Input((2,))
    y = x + 1
    program = Program(Graph([x], [y, y * 2]))
    assert all(not set(step.frees) & set(program.outputs) for step in program.steps)


def test_training_reaches_the_layers_that_take_it():
    seen = []

    class Spy(layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    x = layers.Input((2,))
    program = Program(Graph([x], [Spy()(x)]))
    seen.clear()
    program.run([torch.ones(1, 2)], training=True)
    program.run([torch.ones(1, 2)])
    assert seen == [True, None]
