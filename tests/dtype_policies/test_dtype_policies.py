"""Dtype policies: Keras's names, dtypes and configs; what is cast and what is left alone."""

import copy
import pickle

import keras
import numpy as np
import pytest
import torch

from pellucid import dtype_policies, ops, settings
from pellucid.dtype_policies.lookup import set_dtype_policy
from pellucid.dtype_policies.policy import dtype_policy
from pellucid.errors import ArgumentError, ArgumentTypeError, DtypeError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.variable import Variable

NAMES = [
    "float32",
    "float16",
    "bfloat16",
    "float64",
    "uint8",
    "mixed_float16",
    "mixed_bfloat16",
    "int8_from_float32",
    "int8_from_mixed_bfloat16",
    "float8_from_mixed_float16",
    "int4_from_float32",
    "int4/128_from_float32",
    "int4/-1_from_bfloat16",
    "gptq/4/128_from_float32",
    "awq/4/-1_from_float32",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_means_what_it_means_in_keras(name):
    ours, theirs = dtype_policies.get(name), keras.dtype_policies.get(name)
    for word in ("name", "compute_dtype", "variable_dtype", "quantization_mode"):
        assert getattr(ours, word) == getattr(theirs, word)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.get_config() == theirs.get_config() and repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_comes_back_equal(name):
    policy = dtype_policies.get(name)
    config = dtype_policies.serialize(policy)
    for again in (
        dtype_policies.deserialize(config),
        dtype_policies.get(config),
        copy.deepcopy(policy),
        pickle.loads(pickle.dumps(policy)),
    ):
        assert again == policy and hash(again) == hash(policy)


def test_policies_are_equal_by_kind_and_name():
    assert dtype_policies.DTypePolicy("float32") == dtype_policies.FloatDTypePolicy("float32")
    assert dtype_policies.DTypePolicy("float32") != dtype_policies.DTypePolicy("float16")
    assert dtype_policies.DTypePolicy("float32") != "float32"
    float8 = dtype_policies.QuantizedFloat8DTypePolicy
    assert float8("float8", "float32") != float8("float8", "float32", amax_history_length=512)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", DtypeError),
        ("mixed_float15", DtypeError),
        ("int8_from_", DtypeError),
        ("int8_from_float15", DtypeError),
        ("int8_abc", ArgumentError),
        ("int8_from_float16", ArgumentError),
        ("gptq/5/128_from_float32", ArgumentError),
        ("gptq/4/0_from_float32", ArgumentError),
        ("gptq/4_from_float32", ArgumentError),
        ("awq/8/128_from_float32", ArgumentError),
        ("int4/x_from_float32", ArgumentError),
        (123, ArgumentError),
    ],
)
def test_no_such_policy(name, error):
    with pytest.raises(error):
        dtype_policies.get(name)
    with pytest.raises((ValueError, TypeError)):
        keras.dtype_policies.get(name)


def test_arguments_of_the_wrong_kind_are_refused():
    with pytest.raises(ArgumentTypeError, match="is a string"):
        dtype_policies.DTypePolicy(123)
    with pytest.raises(ArgumentTypeError, match="integer"):
        dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", amax_history_length=1.5)
    with pytest.raises(ArgumentError, match="quantization mode"):
        dtype_policies.QuantizedDTypePolicy("int7", "float32")


def test_the_global_policy_lasts_for_a_session():
    assert dtype_policy().name == "float32" == dtype_policies.get(None).name
    set_dtype_policy("mixed_bfloat16")
    assert dtype_policy().name == dtype_policies.DTypePolicy().name == "mixed_bfloat16"
    assert dtype_policies.QuantizedDTypePolicy("int8").name == "int8_from_mixed_bfloat16"
    settings.clear_session()
    assert dtype_policy().name == "float32"
    for wrong in (None, 12345):
        with pytest.raises(ArgumentError, match="no dtype policy"):
            set_dtype_policy(wrong)


@pytest.mark.parametrize("dtype", [torch.float16, np.float16, "float16"], ids=str)
def test_a_dtype_is_a_policy(dtype):
    assert dtype_policies.get(dtype).name == "float16"


HALF = dtype_policies.DTypePolicy("mixed_float16")


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (torch.ones(2), torch.float16),
        (torch.ones(2, dtype=torch.int32), torch.int32),
        (torch.ones(2, dtype=torch.bool), torch.bool),
        (np.ones(2), torch.float16),
        (np.ones(2, "int8"), torch.int8),
        (np.float64(1.0), torch.float16),
    ],
    ids=["float32", "int32", "bool", "NumPy float64", "NumPy int8", "NumPy number"],
)
def test_floating_point_inputs_are_cast(x, expected):
    assert HALF.convert_input(x, True, "float16").dtype == expected


def test_without_autocast_arrays_become_tensors_of_their_own_dtype():
    assert HALF.convert_input(np.ones(2), False, "float16").dtype == torch.float64
    x = torch.ones(2)
    assert HALF.convert_input(x, False, "float16") is x
    assert dtype_policies.DTypePolicy("float32").convert_input(x, True, "float32") is x


def test_symbols_and_weights_are_cast_too():
    assert ops.cast is not None  # symbolic casts are operations
    y = HALF.convert_input(KerasTensor((None, 2)), True, "float16")
    assert (y.dtype, y._keras_history.operation.name) == ("float16", "cast")
    x = KerasTensor((None, 2), "int32")
    assert HALF.convert_input(x, True, "float16") is x
    assert HALF.convert_input(Variable([1.0]), True, "float16").dtype == torch.float16


@pytest.mark.parametrize("x", [None, 2.5, 3, "word", [1.0, 2.0]], ids=str)
def test_what_is_no_array_is_left_alone(x):
    assert HALF.convert_input(x, True, "float16") is x


class TestMaps:
    def test_a_path_finds_its_own_key_then_a_pattern_then_the_default(self):
        policies = dtype_policies.DTypePolicyMap("float64", {})
        policies["model/dense"] = "float16"
        policies["model/block/.*"] = dtype_policies.get("bfloat16")
        paths = ["model/dense", "model/block/dense", "model/dense/kernel", "other"]
        assert [policies[path].name for path in paths] == ["float16", "bfloat16", "float64", "float64"]
        assert (len(policies), list(policies), "other" in policies) == (2, ["model/dense", "model/block/.*"], False)
        policies["model/.*/dense"] = "float32"
        with pytest.raises(ArgumentError, match="Several keys"):
            policies["model/block/dense"]

    def test_a_key_is_set_once(self):
        policies = dtype_policies.DTypePolicyMap()
        policies["a"] = "float16"
        with pytest.raises(ArgumentError, match="already"):
            policies["a"] = "float32"
        with pytest.raises(ValueError):
            policies["b"] = 123
        del policies["a"]
        assert policies["a"] == policies.default_policy
        with pytest.raises(KeyError):
            policies.pop("a")

    def test_it_comes_back_whole(self):
        policies = dtype_policies.DTypePolicyMap(
            "mixed_bfloat16", {"a": dtype_policies.get("int8_from_mixed_bfloat16")}
        )
        again = dtype_policies.deserialize(dtype_policies.serialize(policies))
        assert again == policies and again["a"].name == "int8_from_mixed_bfloat16"
        assert (again.name, again.compute_dtype, again.variable_dtype) == ("map_mixed_bfloat16", "bfloat16", "float32")

    def test_without_a_default_it_follows_the_global_policy_after_loading(self):
        policies = dtype_policies.DTypePolicyMap(policy_map={"a": dtype_policies.get("float32")})
        config = policies.get_config()
        assert policies["a"].name == "float32"  # telling the config changes nothing
        set_dtype_policy("bfloat16")
        again = dtype_policies.DTypePolicyMap.from_config(config)
        assert again["a"].name == again["b"].name == "bfloat16"

    def test_it_is_made_of_policies(self):
        with pytest.raises(ArgumentTypeError, match="must be a dict"):
            dtype_policies.DTypePolicyMap(policy_map=3)
        with pytest.raises(ArgumentError, match="one policy"):
            dtype_policies.DTypePolicyMap(dtype_policies.DTypePolicyMap())
