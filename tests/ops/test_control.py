"""Control flow: loops and choices, against sums by hand."""

import numpy as np
import pytest
import torch

import pellucid
from pellucid import ops
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError


def test_cond_runs_one_branch_only():
    ran = []
    ops.cond(True, lambda: ran.append("yes"), lambda: ran.append("no"))
    assert ran == ["yes"]


@pytest.mark.parametrize(("index", "expected"), [(0, 3), (1, 2), (-5, 3), (9, 2)])
def test_switch_moves_an_index_to_the_nearer_end(index, expected):
    assert ops.switch(index, [lambda a, b: a + b, lambda a, b: a * b], 1, 2) == expected


def test_while_loop_stops_at_its_condition_or_its_limit():
    assert ops.while_loop(lambda x, n: n < 3, lambda x, n: (x * 2, n + 1), (1, 0))[0] == 8
    assert ops.while_loop(lambda x: x < 100, lambda x: x + 1, 0, maximum_iterations=4) == 4


def test_fori_loop_hands_on_its_value():
    assert ops.fori_loop(2, 5, lambda i, total: total + i, 0) == 2 + 3 + 4


def test_scan_gives_the_last_state_and_all_results():
    total, before = ops.scan(lambda total, x: (total + x, total), 0, ops.arange(1, 5))
    assert total == 10
    assert before.tolist() == [0, 1, 3, 6]


def test_scan_backwards_keeps_the_order_of_results():
    _, before = ops.scan(lambda total, x: (total + x, total), 0, ops.arange(1, 5), reverse=True)
    assert before.tolist() == [9, 7, 4, 0]


def test_scan_walks_structures_and_bare_lengths():
    xs = {"a": ops.arange(3), "b": ops.ones((3, 2))}
    total, ys = ops.scan(lambda s, x: (s + x["a"], x["b"] * s), 1, xs)
    assert (total, ys.tolist()) == (4, [[1, 1], [1, 1], [2, 2]])
    assert ops.scan(lambda s, _: (s * 2, None), 1, length=3)[0] == 8


def test_map_and_vectorized_map_agree():
    rows = ops.reshape(ops.arange(6), (3, 2))
    for mapped in (ops.map(lambda row: row[0] * row[1], rows), ops.vectorized_map(lambda row: row[0] * row[1], rows)):
        assert mapped.tolist() == [0, 6, 20]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_is_a_running_sum(count, reverse):
    x = np.arange(2 * count).reshape(2, count)
    expected = np.flip(np.cumsum(np.flip(x, 1), 1), 1) if reverse else np.cumsum(x, 1)
    assert ops.associative_scan(ops.add, x, reverse=reverse, axis=1).tolist() == expected.tolist()


def test_associative_scan_lets_gradients_through():
    x = torch.ones(5, requires_grad=True)
    ops.associative_scan(ops.add, x).sum().backward()
    assert x.grad.tolist() == [5, 4, 3, 2, 1]


def test_vectorize_broadcasts_loops_and_keeps_core_axes():
    product = ops.vectorize(lambda m, v: m @ v, signature="(r,n),(n)->(r)")
    m, v = np.arange(12.0).reshape(2, 2, 3), np.ones((4, 1, 3))
    assert tuple(product(m, v).shape) == (4, 2, 2)
    assert product(m, v)[3].tolist() == m.sum(-1).tolist()


def test_vectorize_leaves_excluded_arguments_whole():
    at = ops.vectorize(lambda table, i: table.index_select(0, i[None])[0], excluded={0})
    assert at(torch.tensor([5, 6, 7]), torch.tensor([[2, 0]])).tolist() == [[7, 5]]


def test_custom_gradient_is_the_one_told():
    @ops.custom_gradient
    def twice(x):
        return 2 * x, lambda x, upstream: upstream * 10

    x = torch.tensor(3.0, requires_grad=True)
    twice(x).backward()
    assert (twice(x).tolist(), x.grad.tolist()) == (6.0, 10.0)


# PyTorch compiles its own formulas at the first forward derivative, by a function it calls deprecated.
@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
def test_jvp_gives_value_and_speed():
    value, speed = ops.jvp(lambda x: x * x, (ops.array(3.0),), (ops.array(0.5),))
    assert (float(value), float(speed)) == (9.0, 3.0)


REFUSED = [
    (lambda: ops.scan("no function", 0, ops.arange(3)), ArgumentTypeError),
    (lambda: ops.scan(lambda s, x: (s, s), 0), ArgumentError),
    (lambda: ops.scan(lambda s, x: (s, s), 0, length=2, unroll=0), ArgumentError),
    (lambda: ops.associative_scan(1, ops.arange(3)), ArgumentTypeError),
    (lambda: ops.associative_scan(ops.add, [ops.arange(3), ops.arange(2)]), ShapeError),
    (lambda: ops.vectorize("no function"), ArgumentError),
    (lambda: ops.vectorize(ops.add, signature="r->r"), ArgumentError),
    (lambda: ops.vectorize(ops.add, signature="(n),(n)->()")(np.ones(3), np.ones(2)), ShapeError),
]


@pytest.mark.parametrize(("call", "error"), REFUSED)
def test_wrong_arguments_are_named(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.parametrize("mapped", [ops.map, ops.vectorized_map])
def test_a_model_that_maps_a_registered_function_comes_back_from_its_config(mapped):
    @pellucid.saving.register_keras_serializable(name=mapped.__name__)
    def doubled(x):
        return x + x

    inputs = pellucid.Input((3,))
    model = pellucid.Model(inputs, mapped(doubled, inputs))
    again = pellucid.Model.from_config(model.get_config())
    rows = np.arange(6.0, dtype="float32").reshape(2, 3)
    assert np.array_equal(again.predict(rows, verbose=0), 2 * rows)
