"""Objects become plain data in Keras's form, and come back; nothing else does."""

import json

import numpy as np
import pytest
import torch

from pellucid import initializers, registry
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.objects import (
    ObjectSharingScope,
    deserialize_keras_object,
    enable_unsafe_deserialization,
    serialize_keras_object,
)
from pellucid.graph.symbol import KerasTensor


class Own:
    def __init__(self, size, inner=None):
        self.size, self.inner = size, inner

    def get_config(self):
        return {"size": self.size, "inner": serialize_keras_object(self.inner)}

    @classmethod
    def from_config(cls, config):
        return cls(config["size"], deserialize_keras_object(config["inner"]))


def own_function(x):
    return x + 1


def there_and_back(value, **kwargs):
    data = json.loads(json.dumps(serialize_keras_object(value)))
    return deserialize_keras_object(data, **kwargs)


@pytest.mark.parametrize(
    "value",
    [None, 1, 1.5, "word", True, [1, [2, None]], {"a": {"b": [1]}}, slice(1, None, 2), b"bytes", Ellipsis],
    ids=str,
)
def test_plain_things_come_back_equal(value):
    assert there_and_back(value) == value


@pytest.mark.parametrize("array", [np.arange(6, dtype="int16").reshape(2, 3), np.array([0.5], "float32")])
def test_arrays_come_back_with_their_dtype(array):
    back = there_and_back(array)
    assert back.dtype == array.dtype and back.tolist() == array.tolist()


def test_tensors_come_back_as_tensors():
    back = there_and_back(torch.tensor([[1, 2]], dtype=torch.int8))
    assert isinstance(back, torch.Tensor) and back.dtype == torch.int8 and back.tolist() == [[1, 2]]


def test_numbers_of_numpy_become_plain_numbers():
    assert serialize_keras_object({"a": np.float32(0.5), "b": np.int64(3)}) == {"a": 0.5, "b": 3}
    assert serialize_keras_object(torch.bfloat16) == "bfloat16"


def test_a_symbol_comes_back_with_shape_and_dtype():
    back = there_and_back(KerasTensor((None, 3), "int32"))
    assert (tuple(back.shape), back.dtype) == ((None, 3), "int32")


def test_a_user_s_object_comes_back_where_its_name_is_known():
    nested = Own(1, inner=Own(2))
    back = there_and_back(nested, custom_objects={"Own": Own})
    assert (back.size, back.inner.size) == (1, 2)
    with pytest.raises(ArgumentTypeError, match="which is not known here"):
        there_and_back(nested)


def test_a_user_s_function_comes_back_by_name():
    assert there_and_back(own_function, custom_objects={"own_function": own_function}) is own_function
    with registry.custom_object_scope({"own_function": own_function}):
        assert there_and_back(own_function) is own_function
    with pytest.raises(ArgumentTypeError, match="own_function"):
        there_and_back(own_function)


def test_a_registered_object_carries_its_package():
    registry.register_keras_serializable("Test")(Own)
    try:
        config = serialize_keras_object(Own(3))
        assert config["registered_name"] == "Test>Own"
        assert there_and_back(Own(3)).size == 3
    finally:
        registry.get_custom_objects().pop("Test>Own")
        registry._custom_names.pop(Own)


def test_a_module_is_never_imported_for_a_config():
    for config in (
        {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"},
        {"module": "keras.layers", "class_name": "__init__", "config": {}},
    ):
        with pytest.raises(ArgumentTypeError, match="not known here"):
            deserialize_keras_object(config)


def test_a_lambda_comes_back_in_its_own_process_only_and_if_allowed():
    function = lambda x: x + 1  # noqa: E731
    config = serialize_keras_object(function)
    with pytest.raises(ArgumentError, match="lambda"):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, safe_mode=False) is function
    with pytest.raises(ArgumentError, match="another process"):
        deserialize_keras_object({"class_name": "__lambda__", "config": {"value": "no token"}}, safe_mode=False)
    enable_unsafe_deserialization()
    assert deserialize_keras_object(config) is function


def test_an_object_met_twice_comes_back_as_one():
    shared = Own(1)
    with ObjectSharingScope():
        data = serialize_keras_object([shared, shared, Own(1)])
    assert data[0]["shared_object_id"] == data[1]["shared_object_id"] and "shared_object_id" not in data[2]
    with ObjectSharingScope(), registry.custom_object_scope({"Own": Own}):
        first, second, third = deserialize_keras_object(data)
    assert first is second and first is not third


@pytest.mark.parametrize("thing", [object(), {1, 2}], ids=["object", "set"])
def test_what_has_no_config_cannot_be_written(thing):
    with pytest.raises(ArgumentTypeError):
        serialize_keras_object(thing)


@pytest.mark.parametrize("config", [object(), {"class_name": "Own", "config": 3}])
def test_what_is_no_config_cannot_be_read(config):
    with pytest.raises(ArgumentTypeError):
        deserialize_keras_object(config)


def test_a_built_in_object_has_keras_s_four_keys():
    config = serialize_keras_object(initializers.GlorotUniform(seed=1))
    assert set(config) == {"module", "class_name", "config", "registered_name"}
    assert config["config"]["seed"] == 1
