"""Dtypes have Keras's names and promote by Keras's rule."""

import itertools

import keras
import numpy as np
import pytest
import torch

from pellucid import dtypes, settings
from pellucid.errors import DtypeError

JOINING = ["bool", *dtypes.INTS, *dtypes.FLOATS, int, float]


def keras_result(*pair):
    return keras.backend.result_type(*pair)


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations_with_replacement(JOINING, 2)), ids=str)
def test_two_dtypes_make_what_keras_makes_of_them(a, b):
    assert dtypes.result_type(a, b) == dtypes.result_type(b, a) == keras_result(a, b)


@pytest.mark.parametrize(
    "three", [("int8", "uint8", "float16"), ("bool", "int32", float), ("uint32", "int8", "bfloat16")]
)
def test_several_dtypes_make_what_keras_makes_of_them(three):
    assert dtypes.result_type(*three) == keras_result(*three)


@pytest.mark.parametrize(
    ("pair", "expected"), [(("complex64", "float32"), "complex64"), (("complex128", "float64"), "complex64")], ids=str
)
def test_complex_dtypes_are_wider_than_real_ones(pair, expected):
    assert dtypes.result_type(*pair) == expected


def test_no_dtype_at_all_is_floatx():
    assert dtypes.result_type() == "float32"


def test_python_numbers_follow_floatx():
    settings.set_floatx("float16")
    try:
        assert dtypes.result_type(int, float) == "float16" == dtypes.standardize_dtype(None)
    finally:
        settings.set_floatx("float32")


@pytest.mark.parametrize("pair", [("float8_e4m3fn", "float32"), ("string", "int32")])
def test_dtypes_outside_of_arithmetic_promote_to_nothing(pair):
    with pytest.raises(DtypeError):
        dtypes.result_type(*pair)


@pytest.mark.parametrize(
    "given",
    [
        "float32",
        float,
        int,
        bool,
        str,
        np.float64,
        np.dtype("int16"),
        np.dtype("float64"),
        np.int8,
        torch.bfloat16,
        torch.int64,
        None,
        "int",
        "bool",
    ],
    ids=str,
)
def test_names_are_keras_s(given):
    assert dtypes.standardize_dtype(given) == keras.backend.standardize_dtype(given)


@pytest.mark.parametrize("given", ["floot32", "", 3, [], object()], ids=lambda x: f"{type(x).__name__} {str(x)[:7]}")
def test_what_is_no_dtype_is_refused(given):
    with pytest.raises(DtypeError, match="There is no dtype"):
        dtypes.standardize_dtype(given)


def test_a_misspelt_dtype_is_met_with_the_nearest():
    with pytest.raises(DtypeError, match='fix       dtype="float32"'):
        dtypes.standardize_dtype("floot32")


@pytest.mark.parametrize("name", [name for name in dtypes.ALLOWED if name != "string"])
def test_every_dtype_but_string_is_one_of_pytorch(name):
    assert dtypes.standardize_dtype(dtypes.to_torch(name)) == name
    assert dtypes.is_float_dtype(name) == keras.backend.is_float_dtype(name)
    assert dtypes.is_int_dtype(name) == keras.backend.is_int_dtype(name)


def test_pytorch_holds_no_strings():
    with pytest.raises(DtypeError, match="strings"):
        dtypes.to_torch("string")
