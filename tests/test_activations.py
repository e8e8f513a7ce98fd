"""Activations by name: the table, and names and configs turned into functions and back."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import inspect

import keras
import numpy as np
import pytest

from pellucid import activations
from pellucid.errors import ArgumentError, UnknownNameError
from pellucid.graph.symbol import KerasTensor
from pellucid.registry import CustomObjectScope

NAMES = sorted(name for name in keras.activations.__dict__ if inspect.isfunction(getattr(keras.activations, name)))
FUNCTIONS = [name for name in NAMES if name not in ("get", "serialize", "deserialize")]
EXTRA = {"threshold": (0.4, 3.0)}


def test_all_of_kerass_names_are_there():
    assert len(FUNCTIONS) == 32  # 30 functions, two of them under two names
    assert [name for name in NAMES if not hasattr(activations, name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_arguments_and_defaults_are_kerass(name):
    def told(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    assert told(getattr(activations, name)) == told(getattr(keras.activations, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_kerass(name):
    x = np.random.default_rng(3).normal(size=(3, 6)).astype("float32") * 4
    ours = getattr(activations, name)(x, *EXTRA.get(name, ()))
    np.testing.assert_allclose(ours, getattr(keras.activations, name)(x, *EXTRA.get(name, ())), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_symbols_pass(name):
    spec = getattr(activations, name)(KerasTensor((None, 6)), *EXTRA.get(name, ()))
    assert spec.shape == (None, 3 if name == "glu" else 6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_name_stands_for_its_function_and_comes_back(name):
    function = activations.get(name)
    assert function is getattr(activations, name)
    assert activations.serialize(function) == {"swish": "silu", "hard_swish": "hard_silu"}.get(name, name)
    assert activations.deserialize(activations.serialize(function)) is function


def test_none_is_linear_and_callables_stay():
    x = object()
    assert activations.get(None)(x) is x
    assert activations.get(abs) is abs


def double(x):
    return 2 * x


def test_a_function_of_the_users_own_is_found_by_name():
    with CustomObjectScope({"double": double}):
        assert activations.get("double") is double
    config = activations.serialize(double)
    assert (config["class_name"], config["config"]) == ("function", "double")
    assert activations.deserialize(config, custom_objects={"double": double}) is double


def test_a_misspelled_name_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no activation 'rellu'[\s\S]*activation=\"relu\""):
        activations.get("rellu")
    with pytest.raises(UnknownNameError, match="no activation 'typo'"):
        activations.deserialize("typo")


def test_a_number_is_no_activation():
    with pytest.raises(ArgumentError, match=r"no activation[\s\S]*got +3"):
        activations.get(3)
