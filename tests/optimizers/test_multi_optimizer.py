"""MultiOptimizer: each variable by its own optimizer."""

import pytest

from pellucid import optimizers
from pellucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.naming import name_scope
from pellucid.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap


def variable(path):
    with name_scope(path):
        return Variable([8.0], name="kernel")


def split(**arguments):
    return MultiOptimizer(OptimizerMap(SGD(0.5, name="slow"), {"fast/.*": SGD(2.0, name="fast")}), **arguments)


def test_each_variable_moves_by_its_optimizer():
    fast, slow = variable("fast"), variable("slow")
    multi = split()
    multi.apply([convert_to_tensor([1.0])] * 2, [fast, slow])
    assert (fast.numpy().tolist(), slow.numpy().tolist()) == ([6.0], [7.5])
    assert [int(one.iterations) for one in (multi, *multi.optimizers)] == [1, 1, 1]


def test_a_function_may_choose():
    first, second = SGD(1.0), SGD(2.0)
    multi = MultiOptimizer(lambda one: first if one.path.startswith("a") else second)
    variables = [variable("a"), variable("b"), variable("a2")]
    multi.apply([convert_to_tensor([1.0])] * 3, variables)
    assert [one.numpy().tolist() for one in variables] == [[7.0], [6.0], [7.0]]
    assert multi.optimizers == [first, second]


def test_the_loss_scale_holds_for_all():
    multi = split(loss_scale_factor=4.0)
    assert [one.loss_scale_factor for one in multi.optimizers] == [4.0, 4.0]
    fast = variable("fast")
    multi.apply([convert_to_tensor([4.0])], [fast])
    assert fast.numpy().tolist() == [6.0]
    LossScaleOptimizer(multi)
    assert [one.loss_scale_factor for one in multi.optimizers] == [None, None]


def test_values_instead_of_state_give_the_same():
    multi, variables = split(), [variable("fast"), variable("slow")]
    multi.build(variables)
    state = [one.value for one in multi.variables]
    moved, state = multi.stateless_apply(state, [convert_to_tensor([1.0])] * 2, [one.value for one in variables])
    assert [one.tolist() for one in moved] == [[6.0], [7.5]]
    assert [one.numpy().tolist() for one in variables] == [[8.0], [8.0]]


def test_there_and_back():
    multi = split(name="multi")
    assert optimizers.get(optimizers.serialize(multi)).get_config() == multi.get_config()


def test_there_is_no_single_learning_rate():
    with pytest.raises(MissingAttributeError, match="could be read"):
        split().learning_rate  # noqa: B018
    with pytest.raises(MissingAttributeError, match="could be set"):
        split().learning_rate = 0.5


def test_a_map_finds_the_path_then_the_pattern_then_the_default():
    default, exact, pattern = SGD(), Adam(), Adam()
    chosen = OptimizerMap(default)
    chosen["encoder/dense"], chosen["encoder/.*"] = exact, pattern
    assert [chosen[key] for key in ("encoder/dense", "encoder/query", "decoder")] == [exact, pattern, default]
    assert (len(chosen), list(chosen)) == (2, ["encoder/dense", "encoder/.*"])
    del chosen["encoder/.*"]
    assert chosen["encoder/query"] is default


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: OptimizerMap("sgd"), ArgumentTypeError, "The default is an optimizer."),
        (lambda: OptimizerMap(SGD(), []), ArgumentTypeError, "`optimizer_map` is a dict."),
        (lambda: OptimizerMap(SGD(), {"a.*": SGD(), ".*b": SGD()})["ab"], ArgumentError, "Several optimizers"),
        (lambda: OptimizerMap(SGD()).__setitem__(3, SGD()), ArgumentError, "A key is a path"),
        (lambda: OptimizerMap(SGD(), {"a": SGD()}).__setitem__("a", SGD()), ArgumentError, "'a' has an optimizer."),
        (lambda: OptimizerMap(SGD()).__setitem__("a", split()), ArgumentError, "not one that holds others"),
        (
            lambda: MultiOptimizer(lambda one: "sgd").build([variable("a")]),
            ArgumentError,
            "needs an optimizer of its own",
        ),
    ],
)
def test_wrong_maps_are_told(act, error, text):
    with pytest.raises(error) as told:
        act()
    assert text in str(told.value)
