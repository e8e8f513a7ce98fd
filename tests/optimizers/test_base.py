"""What all optimizers do: arguments, gradients that are missing or wrong, averages, sums, constraints."""

import inspect
import pickle

import keras
import numpy as np
import pytest

from pellucid import optimizers
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable

SINGLE = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion"]
SINGLE += ["Adafactor", "Lamb", "Muon", "ScheduleFreeAdamW"]
TOLD = {"weight_decay": 0.1, "clipnorm": 0.2, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}
TOLD |= {"gradient_accumulation_steps": 2, "loss_scale_factor": 4.0, "name": "told"}


def ones(*shape):
    return convert_to_tensor(np.ones(shape, "float32"))


@pytest.mark.parametrize("name", [*SINGLE, "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"])
def test_arguments_stand_in_keras_order_with_keras_defaults(name):
    def arguments(module):
        signature = inspect.signature(getattr(module, name).__init__)
        return [(one.name, one.default) for one in signature.parameters.values()]

    assert arguments(optimizers) == arguments(keras.optimizers)


@pytest.mark.parametrize("name", SINGLE)
def test_configs_are_keras_configs_and_make_the_same_optimizer(name):
    for arguments in ({"name": "plain"}, TOLD):
        ours = getattr(optimizers, name)(**arguments)
        theirs = getattr(keras.optimizers, name)(**arguments)
        assert ours.get_config() == theirs.get_config()
        assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


def test_common_arguments_may_be_given_by_place():
    adam = optimizers.Adam(0.5, 0.8, 0.9, 1e-3, True, 0.25, 2.0)
    assert (adam.weight_decay, adam.clipnorm) == (0.25, 2.0)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Gradients are clipped in one way only."),
        ({"use_ema": True, "ema_momentum": 1.5}, "`ema_momentum` is a share."),
        ({"use_ema": True, "ema_overwrite_frequency": 0.5}, "`ema_overwrite_frequency` counts steps."),
        ({"gradient_accumulation_steps": 1}, "Gradients accumulate over 2 steps or more."),
        ({"learning_rate": 1}, "A learning rate is a float, a schedule, or a callable."),
        ({"momentun": 0.9}, "'momentun'"),
        ({"momentum": 2.0}, "`momentum` is a float from 0 to 1."),
    ],
)
def test_wrong_arguments_are_told(arguments, text):
    with pytest.raises(ArgumentError) as told:
        optimizers.SGD(**arguments)
    assert text in str(told.value)


def test_the_old_argument_decay_only_warns():
    with pytest.warns(UserWarning, match="`decay` does nothing"):
        optimizers.SGD(decay=0.1)


def test_missing_gradients_are_passed_over_with_a_warning():
    first, second = Variable([1.0], name="first"), Variable([1.0], name="second")
    with pytest.warns(UserWarning, match="No gradient reaches first"):
        optimizers.SGD(0.5).apply_gradients([(None, first), (ones(1), second)])
    assert (first.numpy().tolist(), second.numpy().tolist()) == ([1.0], [0.5])


def test_no_gradient_at_all_is_an_error():
    with pytest.raises(ArgumentError) as told:
        optimizers.SGD().apply([None], [Variable([1.0], name="lonely")])
    assert "got       None for all of lonely" in str(told.value)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda sgd, known: optimizers.SGD().apply([ones(1)]), "Gradients alone do not say which variables to move."),
        (lambda sgd, known: sgd.apply([ones(1)], [Variable([1.0])]), "The optimizer was built for other variables"),
        (lambda sgd, known: sgd.apply([ones(1), ones(1)]), "got       2 gradients"),
        (lambda sgd, known: sgd.stateless_apply([], [ones(1)], [ones(1)]), "`optimizer_variables` has one value per"),
        (lambda sgd, known: sgd.stateless_apply([0, 0.1], [ones(1)], []), "`trainable_variables` has one value per"),
        (lambda sgd, known: optimizers.SGD().stateless_apply([], [], []), "`stateless_apply` needs a built optimizer."),
    ],
)
def test_gradients_for_the_wrong_variables_are_an_error(act, text):
    sgd, known = optimizers.SGD(), Variable([1.0])
    sgd.build([known])
    with pytest.raises(ValueError) as told:
        act(sgd, known)
    assert text in str(told.value)


def test_no_gradients_no_step():
    sgd = optimizers.SGD()
    sgd.apply([])
    assert int(sgd.iterations) == 0


def test_constraints_hold_after_each_step():
    variable = Variable([1.0, 5.0])
    variable.constraint = lambda weight: weight.value.clamp(0.0, 3.0)
    optimizers.SGD(2.0).apply([ones(2)], [variable])
    assert variable.numpy().tolist() == [0.0, 3.0]


def test_gradients_may_be_arrays_of_another_dtype():
    variable = Variable([1.0, 5.0])
    optimizers.SGD(0.5).apply([np.array([2, 4])], [variable])
    assert variable.numpy().tolist() == [0.0, 3.0]


def test_a_variable_may_be_overwritten_by_its_gradient():
    scale, weight = Variable([7.0], name="scale"), Variable([7.0], name="weight")
    scale.overwrite_with_gradient = True
    adam = optimizers.Adam(learning_rate=1.0)
    adam.apply([ones(1) * 3, ones(1)], [scale, weight])
    assert scale.numpy().tolist() == [3.0]
    assert [one.name for one in adam.variables[2:]] == ["weight_momentum", "weight_velocity"]


def test_over_several_steps_the_largest_gradient_overwrites():
    scale, weight = Variable([7.0], name="scale"), Variable([7.0], name="weight")
    scale.overwrite_with_gradient = True
    sgd = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    sgd.apply([ones(1) * 5, ones(1)], [scale, weight])
    assert (scale.numpy().tolist(), weight.numpy().tolist()) == ([7.0], [7.0])
    sgd.apply([ones(1) * 3, ones(1) * 3])
    assert (scale.numpy().tolist(), weight.numpy().tolist()) == ([5.0], [5.0])  # 7 - (1 + 3) / 2
    assert (int(sgd.iterations), int(sgd._iterations)) == (1, 2)


@pytest.mark.parametrize(
    "excluded",
    [{"var_names": ["bias"]}, {"var_names": ["b.*s$"]}, {"var_list": "bias"}],
    ids=["name", "pattern", "variable"],
)
def test_some_variables_are_left_out_of_weight_decay(excluded):
    variables = {name: Variable([1.0], name=name) for name in ("kernel", "bias")}
    sgd = optimizers.SGD(0.5, weight_decay=0.5)
    if "var_list" in excluded:
        excluded = {"var_list": [variables["bias"]]}
    sgd.exclude_from_weight_decay(**excluded)
    sgd.apply([ones(1) * 0, ones(1) * 0], list(variables.values()))
    assert [one.numpy().tolist() for one in variables.values()] == [[0.75], [1.0]]


def test_the_loss_is_scaled_up_and_the_gradients_down():
    variable = Variable([1.0])
    sgd = optimizers.SGD(0.5, loss_scale_factor=8.0)
    assert sgd.scale_loss(2.0) == 16.0
    sgd.apply([ones(1) * 8], [variable])
    assert variable.numpy().tolist() == [0.5]


class Half(optimizers.Optimizer):
    """A user's own: each step halves the weights, and counts in a slot of its own."""

    def build(self, variables):
        super().build(variables)
        self.counts = self.add_optimizer_variables(variables, "count")

    def update_step(self, gradient, variable, learning_rate):
        self.assign(self.counts[self._get_variable_index(variable)], convert_to_tensor([float(learning_rate)]))
        self.assign(variable, variable.value / 2)


def test_a_users_own_optimizer_overrides_update_step():
    variable = Variable([8.0], name="w")
    half = Half(0.25, weight_decay=2.0)
    half.apply([ones(1)], [variable])
    assert variable.numpy().tolist() == [2.0]  # 8 - 8 * 2.0 * 0.25, then halved
    assert half.variables[-1].path == "half/w_count"
    assert half.variables[-1].numpy().tolist() == [0.25]


def test_an_optimizer_without_a_rule_says_so():
    with pytest.raises(UnsupportedError, match="does not say how to move"):
        optimizers.Optimizer(0.1).apply([ones(1)], [Variable([1.0])])


def test_averages_of_other_variables_are_refused():
    sgd = optimizers.SGD(use_ema=True)
    sgd.build([Variable([1.0])])
    with pytest.raises(ArgumentError, match="averages of other variables"):
        sgd.finalize_variable_values([])


@pytest.mark.parametrize("name", SINGLE)
def test_a_pickled_optimizer_goes_on_where_it_was(name):
    variable = Variable(np.ones((2, 3), "float32"), name="kernel")
    optimizer = getattr(optimizers, name)(weight_decay=0.1)
    for _ in range(3):
        optimizer.apply([ones(2, 3)], [variable])
    again, twin = pickle.loads(pickle.dumps((optimizer, variable)))
    for one, weight in ((optimizer, variable), (again, twin)):
        one.apply([ones(2, 3) * 2], [weight])
    assert np.array_equal(variable.numpy(), twin.numpy())
    assert int(again.iterations) == 4
