"""Variables of optimizers: names, order, saving, loading; and the numbers beside them."""

import keras
import numpy as np
import pytest

from pellucid import optimizers
from pellucid.errors import ArgumentError, OrderError, ShapeError, StateError
from pellucid.graph.scopes import StatelessScope
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.optimizers.mirror import Mirror

NAMES = ["SGD", "Adam", "RMSprop", "Nadam", "Ftrl", "Adafactor", "Muon", "Adadelta"]


def weights(variable_class):
    return [
        variable_class(np.full((2, 3), 0.5, "float32"), name="kernel"),
        variable_class([1.0, 2.0, 3.0], name="bias"),
    ]


def gradients(step):
    return [convert_to_tensor(np.full((2, 3), 0.1 * step, "float32")), convert_to_tensor([0.2, -0.1 * step, 0.3])]


@pytest.mark.parametrize("name", NAMES)
def test_the_state_of_a_keras_optimizer_goes_on_in_ours(name):
    theirs, their_weights = getattr(keras.optimizers, name)(0.03, use_ema=True), weights(keras.Variable)
    for step in (1, 2, 3):
        theirs.apply(gradients(step), their_weights)
    store: dict = {}
    theirs.save_own_variables(store)

    ours, our_weights = getattr(optimizers, name)(0.5, use_ema=True), weights(Variable)
    ours.build(our_weights)
    ours.load_own_variables(store)
    for our, their in zip(our_weights, their_weights, strict=True):
        our.assign(their.numpy())
    for one, variables in ((ours, our_weights), (theirs, their_weights)):
        one.apply(gradients(4), variables)
    for our, their in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(our.numpy(), their.numpy(), rtol=1e-6)


def test_a_state_of_another_length_is_skipped_with_a_warning():
    adam = optimizers.Adam(name="adam")
    with pytest.warns(UserWarning, match="has 2 variables, the file 1. Build the optimizer first"):
        adam.load_own_variables({"0": 1})
    assert int(adam.iterations) == 0


def test_weights_can_be_set_once_it_is_built():
    first, second = optimizers.SGD(momentum=0.5), optimizers.SGD(momentum=0.5)
    first.apply(gradients(1), weights(Variable))
    with pytest.raises(OrderError, match="has no slots before it is built"):
        second.set_weights(first.variables)
    second.build(weights(Variable))
    second.set_weights([one.numpy() for one in first.variables])
    assert all(np.array_equal(one, other) for one, other in zip(first.variables, second.variables, strict=True))
    with pytest.raises(ShapeError, match="cannot take this value"):
        second.set_weights([np.zeros(5)])


def test_names_count_up_and_begin_the_paths():
    first, second = optimizers.Adam(), optimizers.Adam()
    assert [one.path for one in second.variables] == ["adam_1/iteration", "adam_1/learning_rate"]
    assert (first.name, optimizers.AdamW().name, optimizers.RMSprop().name) == ("adam", "adam_w", "rm_sprop")


def test_one_initializer_per_name():
    with pytest.raises(ArgumentError, match="Each name takes one initializer"):
        optimizers.SGD().add_optimizer_variables([], ["a", "b"], ["zeros"])


def test_a_variable_kept_in_an_attribute_is_saved():
    sgd = optimizers.SGD()
    sgd.mine = Variable([1.0])
    sgd.again = sgd.mine
    assert [one is sgd.mine for one in sgd.variables[2:]] == [True]


def test_attributes_before_the_parents_init_are_refused():
    class Hasty(optimizers.Optimizer):
        def __init__(self):
            self.speed = 1

    with pytest.raises(StateError, match="Hasty was not set up by its parent"):
        Hasty()


def test_a_step_counter_set_from_outside_is_noticed():
    ends = []
    for module, variable_class in ((optimizers, Variable), (keras.optimizers, keras.Variable)):
        adam, variables = module.Adam(0.1), weights(variable_class)
        adam.apply(gradients(1), variables)
        adam.iterations.assign(50)
        adam.learning_rate.assign(0.02)
        adam.apply(gradients(2), variables)
        ends.append([one.numpy() for one in variables])
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_mirror_shows_what_the_variable_holds():
    variable = Variable(3, dtype="int32", trainable=False)
    mirror = Mirror(variable)
    assert mirror.read() == 3
    variable.assign(5)
    assert mirror.read() == 5
    mirror.write(7)
    assert (mirror.read(), int(variable.value)) == (7, 7)
    with StatelessScope(state_mapping=[(variable, 9)]):
        assert mirror.read() == 9
        mirror.write(10)
        assert int(variable.value) == 10
    assert (mirror.read(), int(variable.value)) == (7, 7)
