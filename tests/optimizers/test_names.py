"""Optimizers by name, by config, and the names that ended with Keras 2."""

import pytest

from pellucid import optimizers
from pellucid.errors import ArgumentError, UnknownNameError


@pytest.mark.parametrize("name", ["adam", "Adam", "ADAM", "sgd", "rmsprop", "scheduleFreeAdamW", "lamb"])
def test_names_in_any_case(name):
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_what_is_an_optimizer_stays():
    sgd = optimizers.SGD()
    assert optimizers.get(sgd) is sgd
    assert optimizers.get(None) is None


@pytest.mark.parametrize("name", ["SGD", "AdamW", "Muon"])
def test_there_and_back(name):
    optimizer = getattr(optimizers, name)(0.25, weight_decay=0.5, name="mine")
    data = optimizers.serialize(optimizer)
    kept = {**data}
    again = optimizers.get(data)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert data == kept


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UnknownNameError) as told:
        optimizers.get("adamm")
    assert "fix       'adam" in str(told.value)


def test_something_else_is_refused():
    with pytest.raises(ArgumentError, match="This is no optimizer"):
        optimizers.get(3)


def test_old_optimizers_say_what_to_use():
    with pytest.raises(ImportError, match="ended with Keras 2"):
        optimizers.legacy.Adam(0.1)
