"""Packing x, y and weights; class weights as sample weights."""

import numpy as np
import pytest

from pellucid.engine.data import class_weight_to_sample_weights, pack_x_y_sample_weight, unpack_x_y_sample_weight
from pellucid.errors import ArgumentError


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("x", ("x", None, None)),
        (("x",), ("x", None, None)),
        (["x", "y"], ("x", "y", None)),
        (("x", "y", "w"), ("x", "y", "w")),
        ({"a": 1}, ({"a": 1}, None, None)),
    ],
)
def test_a_batch_is_taken_apart(data, expected):
    assert unpack_x_y_sample_weight(data) == expected


def test_four_parts_are_refused():
    with pytest.raises(ArgumentError, match="one to three parts"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


@pytest.mark.parametrize(
    ("given", "expected"),
    [(("x",), "x"), ((["a", "b"],), (["a", "b"],)), (("x", "y"), ("x", "y")), (("x", "y", "w"), ("x", "y", "w"))],
)
def test_a_batch_is_put_together(given, expected):
    assert pack_x_y_sample_weight(*given) == expected


def test_keras_gives_the_same_sample_weights():
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights as of_keras

    weights = {0: 0.5, 1: 2.0, 7: 3.0}
    for y in (np.array([0, 1, 7, 3]), np.array([[0.0], [1.0], [7.0]]), np.eye(8)[[7, 0, 1]]):
        assert class_weight_to_sample_weights(y, weights).tolist() == of_keras(y, weights).tolist()
