"""Objects in Keras 2's form: the judge is what Keras 3 keeps of it."""

import keras
import pytest

import pellucid
from pellucid import layers, legacy
from pellucid.errors import ArgumentError, UnknownNameError

KNOWN = {"Dense": layers.Dense, "relu": pellucid.activations.relu}


def test_a_name_and_a_config_make_the_object_again():
    data = legacy.saving.serialize_keras_object(layers.Dense(3, name="d"))
    theirs = keras.legacy.saving.serialize_keras_object(keras.layers.Dense(3, name="d"))
    assert set(data) == set(theirs) and data["class_name"] == theirs["class_name"] == "Dense"
    again = legacy.saving.deserialize_keras_object(data, KNOWN)
    assert isinstance(again, layers.Dense) and (again.units, again.name) == (3, "d")


def test_a_name_alone_makes_a_class_or_gives_a_function():
    read = legacy.saving.deserialize_keras_object
    assert read("relu", KNOWN) is pellucid.activations.relu
    assert isinstance(read("Identity", {"Identity": layers.Identity}), layers.Identity)
    assert read(None) is None and read(test_a_name_alone_makes_a_class_or_gives_a_function) is not None
    assert legacy.saving.serialize_keras_object(pellucid.activations.relu) == "relu"
    assert legacy.saving.serialize_keras_object(None) is None


def test_the_users_own_come_first_and_reach_what_is_inside():
    class Dense(layers.Layer):
        pass

    made = legacy.saving.deserialize_keras_object({"class_name": "Dense", "config": {}}, KNOWN, {"Dense": Dense})
    assert type(made) is Dense
    model = pellucid.Sequential([layers.Input((2,)), layers.Dense(1)])
    data = legacy.saving.serialize_keras_object(model)
    again = legacy.saving.deserialize_keras_object(data, {"Sequential": pellucid.Sequential})
    assert [type(layer) for layer in again.layers] == [layers.Dense]
    assert legacy.saving.deserialize_keras_object({"class_name": "f", "config": {"a": 1}}, {"f": dict}) == {"a": 1}


def test_what_is_unknown_is_refused():
    read = legacy.saving.deserialize_keras_object
    with pytest.raises(UnknownNameError, match=r"There is no layer.*\n.*\n.*such as 'Dense'"):
        read("Dens", KNOWN, printable_module_name="layer")
    with pytest.raises(UnknownNameError, match="one of 0 names"):
        read({"class_name": "Dense", "config": {}})
    with pytest.raises(ArgumentError, match="class_name"):
        read(3, KNOWN)


def test_what_has_no_name_is_refused():
    with pytest.raises(ArgumentError, match="get_config"):
        legacy.saving.serialize_keras_object(3)


def test_the_doors_lead_to_one_place():
    assert pellucid.utils.legacy.serialize_keras_object is legacy.saving.serialize_keras_object
    assert pellucid.version() == pellucid.__version__
